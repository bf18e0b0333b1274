import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { readKernelFile, writeKernelFile } from './kernel-files.ts'
import { hasIpv6 } from './nic-settings.ts'

const IPV4 = '/proc/sys/net/ipv4/ip_forward'
const IPV6 = '/proc/sys/net/ipv6/conf'
const IPV6_ALL = `${IPV6}/all/forwarding`
/** Not interfaces. */
const TEMPLATES = new Set(['all', 'default'])

/** Whether the host passes packets on between its interfaces. */
export interface Forwarding {
  isOn(): boolean
  turnOn(): void
  /** As it was before the first {@link turnOn}. */
  putBack(): void
}

export interface ForwardingOptions {
  /** Remembers what was changed. */
  readonly file: string
  /** Whether tenants have IPv6. A kernel without it is left alone. */
  readonly ipv6: boolean
  /** Of the interfaces that are Palisade's own. */
  readonly interfacePrefix: string
}

/**
 * Interfaces that take their routes from a router's advertisements: one that forwards takes them only when told 2
 * (ip-sysctl of the kernel, accept_ra), and the host would lose its way out.
 */
const listeners = (interfacePrefix: string): string[] =>
  readdirSync(IPV6).filter(
    (name) =>
      !TEMPLATES.has(name) &&
      !name.startsWith(interfacePrefix) &&
      readKernelFile(`${IPV6}/${name}/accept_ra`) === '1' &&
      readKernelFile(`${IPV6}/${name}/forwarding`) === '0',
  )

/** One setting a line: its file, and its value before. In the order in which they are put back. */
const parseFormer = (text: string): [file: string, value: string][] =>
  text.split('\n').flatMap((line): [string, string][] => {
    const [file, value] = line.split(' ')
    return file?.startsWith('/proc/sys/net/ipv') && value ? [[file, value]] : []
  })

export const createForwarding = ({ file, ipv6, interfacePrefix }: ForwardingOptions): Forwarding => {
  const wanted = (): string[] => [IPV4, ...(ipv6 && hasIpv6() ? [IPV6_ALL] : [])]

  const readFormer = (): Map<string, string> => new Map(parseFormer(readKernelFile(file) ?? ''))

  const remember = (former: ReadonlyMap<string, string>): void => {
    mkdirSync(dirname(file), { recursive: true, mode: 0o755 })
    writeFileSync(`${file}.new`, [...former].map(([path, value]) => `${path} ${value}\n`).join(''), { mode: 0o600 })
    renameSync(`${file}.new`, file)
  }

  return {
    isOn: () => wanted().every((path) => readKernelFile(path) === '1'),

    turnOn() {
      const former = readFormer()
      const settings = wanted()
      const off = settings.filter((path) => readKernelFile(path) !== '1')
      if (off.length === 0 && settings.every((path) => former.has(path))) return
      const acceptRa = off.includes(IPV6_ALL)
        ? listeners(interfacePrefix).map((name) => `${IPV6}/${name}/accept_ra`)
        : []
      const now = [...settings, ...acceptRa].map((path) => [path, readKernelFile(path) ?? ''] as const)
      // What was remembered first is what the host had.
      remember(new Map([...now, ...former]))
      for (const path of acceptRa) writeKernelFile(path, '2')
      for (const path of off) writeKernelFile(path, '1')
    },

    putBack() {
      for (const [path, value] of readFormer()) if (readKernelFile(path) !== undefined) writeKernelFile(path, value)
      rmSync(file, { force: true })
    },
  }
}
