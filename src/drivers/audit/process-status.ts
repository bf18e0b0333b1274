import type { AuditedProcess } from '../../audit/audited.ts'
import { errorCode, readKernelFile } from '../host/kernel-files.ts'

/** In the order of their numbers: capabilities(7), linux/capability.h. */
const CAPABILITIES = [
  ...['CHOWN', 'DAC_OVERRIDE', 'DAC_READ_SEARCH', 'FOWNER', 'FSETID', 'KILL', 'SETGID', 'SETUID', 'SETPCAP'],
  ...['LINUX_IMMUTABLE', 'NET_BIND_SERVICE', 'NET_BROADCAST', 'NET_ADMIN', 'NET_RAW', 'IPC_LOCK', 'IPC_OWNER'],
  ...['SYS_MODULE', 'SYS_RAWIO', 'SYS_CHROOT', 'SYS_PTRACE', 'SYS_PACCT', 'SYS_ADMIN', 'SYS_BOOT', 'SYS_NICE'],
  ...['SYS_RESOURCE', 'SYS_TIME', 'SYS_TTY_CONFIG', 'MKNOD', 'LEASE', 'AUDIT_WRITE', 'AUDIT_CONTROL', 'SETFCAP'],
  ...['MAC_OVERRIDE', 'MAC_ADMIN', 'SYSLOG', 'WAKE_ALARM', 'BLOCK_SUSPEND', 'AUDIT_READ', 'PERFMON', 'BPF'],
  'CHECKPOINT_RESTORE',
]

const BITS_OF_A_SET = 64

const namesOf = (set: bigint): readonly string[] =>
  Array.from({ length: BITS_OF_A_SET }, (_, bit) => bit)
    .filter((bit) => ((set >> BigInt(bit)) & 1n) === 1n)
    .map((bit) => CAPABILITIES[bit] ?? `${bit}`)

const SECCOMP: ReadonlyMap<string, AuditedProcess['seccomp']> = new Map([
  ['1', 'strict'],
  ['2', 'filter'],
])

/** Ranges of ids of a user namespace, as lines of `inside outside length`: user_namespaces(7). */
export const uidInside = (outside: number, map: string): AuditedProcess['uid'] => {
  for (const line of map.split('\n')) {
    const [first = 0, base = 0, length = 0] = line.trim().split(/\s+/).map(Number)
    if (outside >= base && outside < base + length) return first + outside - base
  }
  return 'unmapped'
}

/** What /proc/PID/status says: proc(5). `map` is that of the user namespace in whose ids users are told. Pure. */
export const parseStatus = (pid: number, status: string, map: string, apparmor: string): AuditedProcess => {
  const fields = new Map(
    status.split('\n').map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon), line.slice(colon + 1).trim()] as const
    }),
  )
  const [, effectiveUid = ''] = (fields.get('Uid') ?? '').split(/\s+/)
  const sets = ['CapEff', 'CapPrm', 'CapBnd'].map((set) => BigInt(`0x${fields.get(set) || '0'}`))
  return {
    pid,
    command: fields.get('Name') ?? '',
    uid: uidInside(Number(effectiveUid), map),
    capabilities: namesOf(sets.reduce((all, set) => all | set, 0n)),
    seccomp: SECCOMP.get(fields.get('Seccomp') ?? '') ?? 'disabled',
    noNewPrivileges: fields.get('NoNewPrivs') === '1',
    apparmor,
  }
}

/** Empty where the kernel has no AppArmor: it then has no such file, or refuses to be asked. */
const readLabel = (pid: number): string => {
  try {
    return readKernelFile(`/proc/${pid}/attr/apparmor/current`) ?? ''
  } catch (error) {
    if (errorCode(error) === 'EINVAL') return ''
    throw error
  }
}

/** Undefined when it has ended. */
export const readProcess = (pid: number, map: string): AuditedProcess | undefined => {
  const status = readKernelFile(`/proc/${pid}/status`)
  return status === undefined ? undefined : parseStatus(pid, status, map, readLabel(pid))
}
