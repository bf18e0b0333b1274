import { access, constants, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isAnswering } from '../drivers/edge/caddy-admin.ts'
import { caddyLayout } from '../drivers/edge/caddy-layout.ts'
import { detectCgroups } from '../drivers/host/cgroups.ts'
import { PROGRAM_ENVIRONMENT } from '../drivers/host/program.ts'
import type { Unenforced } from '../plan/resources.ts'
import type { DaemonClient } from './daemon-client.ts'
import { statePaths } from './state-paths.ts'
import { readStatusFiles } from './status-files.ts'
import { findCondition } from './status-object.ts'

/** What one look at the host gave. */
export interface CheckResult {
  readonly check: string
  /** `missing`: Palisade can't work without it. */
  readonly result: 'ok' | 'warning' | 'missing'
  readonly detail: string
  /** What to do; empty when all is well. */
  readonly remedy: string
}

/** Where to look; a test puts its own in place. */
export interface CheckedHost {
  readonly uid: number
  /** Directories of programs. */
  readonly path: readonly string[]
  readonly procRoot: string
  readonly cgroupRoot: string
  readonly state: string
  readonly runDirectory: string
  readonly client: DaemonClient
  /** Whether the Host's addresses for tenants are of no other network. */
  readonly observePool: () => Promise<'free' | Unenforced>
}

export const PROGRAM_PATH: readonly string[] = (PROGRAM_ENVIRONMENT.PATH ?? '').split(':')

/** Programs by the Debian package that brings them. */
const PROGRAMS: Readonly<Record<string, readonly string[]>> = {
  'docker.io': ['dockerd', 'docker', 'containerd', 'runc'],
  caddy: ['caddy'],
  iproute2: ['ip'],
  nftables: ['nft'],
  iptables: ['iptables'],
  uidmap: ['newuidmap', 'newgidmap'],
  'util-linux': ['unshare', 'nsenter', 'setpriv', 'flock'],
  passwd: ['useradd', 'usermod'],
}

const ok = (check: string, detail: string): CheckResult => ({ check, result: 'ok', detail, remedy: '' })
const missing = (check: string, detail: string, remedy: string): CheckResult => ({
  check,
  result: 'missing',
  detail,
  remedy,
})
const warning = (check: string, detail: string, remedy: string): CheckResult => ({
  check,
  result: 'warning',
  detail,
  remedy,
})

const findProgram = async (name: string, path: readonly string[]): Promise<string | undefined> => {
  for (const directory of path) {
    const file = join(directory, name)
    const isThere = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (isThere) return file
  }
  return undefined
}

const checkPrograms = ({ path }: CheckedHost): Promise<CheckResult>[] =>
  Object.entries(PROGRAMS).map(async ([packageName, programs]) => {
    const found = await Promise.all(programs.map((name) => findProgram(name, path)))
    const absent = programs.filter((_, index) => found[index] === undefined)
    if (absent.length === 0) return ok(packageName, found.join(' '))
    return missing(packageName, `no ${absent.join(', ')} in ${path.join(':')}`, `apt-get install ${packageName}`)
  })

const checkImageBuilder = async ({ path }: CheckedHost): Promise<CheckResult> => {
  const found = await findProgram('mmdebstrap', path)
  if (found !== undefined) return ok('mmdebstrap', found)
  return warning('mmdebstrap', 'images can be used, but not built', 'apt-get install mmdebstrap')
}

const NAME_SERVER = ['named', 'named-checkzone', 'named-checkconf', 'rndc', 'nsupdate']

const checkNameServerPrograms = async ({ path }: CheckedHost): Promise<CheckResult> => {
  const found = await Promise.all(NAME_SERVER.map((name) => findProgram(name, path)))
  const absent = NAME_SERVER.filter((_, index) => found[index] === undefined)
  if (absent.length === 0) return ok('bind9', found.join(' '))
  const remedy = 'apt-get install bind9 bind9-utils bind9-dnsutils'
  return warning('bind9', `no ${absent.join(', ')}: accounts can't have zones`, remedy)
}

const checkAppArmor = async ({ path }: CheckedHost): Promise<CheckResult> => {
  const found = await findProgram('apparmor_parser', path)
  if (found !== undefined) return ok('apparmor', found)
  return warning('apparmor', 'services start only where the kernel has no AppArmor', 'apt-get install apparmor')
}

const checkRoot = async ({ uid }: CheckedHost): Promise<CheckResult> =>
  uid === 0 ? ok('root', 'uid 0') : missing('root', `uid ${uid}`, 'run this as root, with sudo')

const checkCgroups = async ({ cgroupRoot }: CheckedHost): Promise<CheckResult> => {
  const remedy = `mount the controllers cpu, memory and pids below ${cgroupRoot}`
  try {
    detectCgroups(cgroupRoot)
    const isV2 = await access(join(cgroupRoot, 'cgroup.controllers')).then(
      () => true,
      () => false,
    )
    return ok('control groups', `version ${isV2 ? 2 : 1}`)
  } catch (error) {
    return missing('control groups', error instanceof Error ? error.message : String(error), remedy)
  }
}

const checkPool = async ({ observePool }: CheckedHost): Promise<CheckResult> => {
  const check = 'address pool'
  try {
    const pool = await observePool()
    if (pool === 'free') return ok(check, 'free')
    return missing(check, pool.message, "change the Host's network.ipv4Pool or ipv6Pool")
  } catch (error) {
    return warning(check, error instanceof Error ? error.message : String(error), 'palisade validate')
  }
}

const readProc = (host: CheckedHost, file: string): Promise<string> =>
  readFile(join(host.procRoot, file), 'utf8').catch(() => '')

const checkUserNamespaces = async (host: CheckedHost): Promise<CheckResult> => {
  const most = Number(await readProc(host, 'sys/user/max_user_namespaces'))
  if (most > 0) return ok('user namespaces', `at most ${most}`)
  return missing('user namespaces', 'the kernel allows none', 'sysctl -w user.max_user_namespaces=10000')
}

const checkOverlay = async (host: CheckedHost): Promise<CheckResult> => {
  if (/\boverlay$/m.test(await readProc(host, 'filesystems'))) return ok('overlay file system', 'in the kernel')
  return warning('overlay file system', 'not in the kernel yet', 'modprobe overlay')
}

const checkDaemon = async ({ client }: CheckedHost): Promise<CheckResult> => {
  try {
    const { pid, version, startedAt } = await client.health()
    return ok('daemon', `version ${version}, process ${pid}, since ${startedAt}`)
  } catch {
    return warning('daemon', 'does not answer', 'systemctl start palisade, npm run up or palisade run')
  }
}

const checkEdge = async ({ state, runDirectory }: CheckedHost): Promise<CheckResult> => {
  const { adminSocket } = caddyLayout({ stateDirectory: state, runDirectory })
  if (await isAnswering(adminSocket)) return ok('edge', 'Caddy answers')
  return warning('edge', `Caddy does not answer at ${adminSocket}`, 'the daemon starts it: is the daemon running?')
}

/** What the daemon saw: whether one is needed at all depends on the specs. */
const checkNameServer = async ({ state }: CheckedHost): Promise<CheckResult> => {
  const [host] = await readStatusFiles(statePaths(state).hosts, [])
  const seen = host === undefined ? undefined : findCondition(host, 'NameServerReady')
  if (seen === undefined) return warning('name server', 'not looked at yet', 'the daemon looks: is it running?')
  if (seen.status === 'True') return ok('name server', 'runs, or there are no zones')
  return warning('name server', seen.message, 'palisade get host tells more')
}

/** Of use only where trees are on such a file system, which a limit of an account's storage then tells. */
const checkQuotaTools = async ({ path }: CheckedHost): Promise<CheckResult> => {
  const wanted = { btrfs: 'btrfs-progs', xfs_quota: 'xfsprogs' }
  const found = await Promise.all(Object.keys(wanted).map((name) => findProgram(name, path)))
  const absent = Object.values(wanted).filter((_, index) => found[index] === undefined)
  if (absent.length === 0) return ok('quota tools', found.join(' '))
  return warning(
    'quota tools',
    'storage can not be limited on every file system',
    `apt-get install ${absent.join(' ')}`,
  )
}

/** Looks at all that Palisade needs of a host. Changes nothing. */
export const checkHost = (host: CheckedHost): Promise<readonly CheckResult[]> =>
  Promise.all([
    checkRoot(host),
    ...checkPrograms(host),
    checkImageBuilder(host),
    checkQuotaTools(host),
    checkAppArmor(host),
    checkCgroups(host),
    checkUserNamespaces(host),
    checkOverlay(host),
    checkPool(host),
    checkDaemon(host),
    checkEdge(host),
    checkNameServerPrograms(host),
    checkNameServer(host),
  ])
