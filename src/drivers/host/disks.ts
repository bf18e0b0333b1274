import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import type { Unenforced } from '../../plan/resources.ts'
import type { Clock } from '../../ports/store.ts'
import { isAbsent, readKernelFile } from './kernel-files.ts'

/** Whole disks as `major:minor`, the name by which the kernel limits them. */
export type Disks = readonly string[] | Unenforced

export interface DisksOptions {
  /** What is to be limited stands below it; it need not exist yet. */
  readonly path: string
  /** Usually `/proc`. */
  readonly procRoot: string
  /** Usually `/sys`. */
  readonly sysRoot: string
  readonly clock: Pick<Clock, 'now'>
}

const KEPT_MS = 1000

interface Mounted {
  readonly at: string
  /** `major:minor`; major 0 when the file system has no device of its own. */
  readonly device: string
  readonly type: string
  readonly source: string
}

/** `\040` and the like: proc_pid_mountinfo(5). */
const unescapeOctal = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))

/** Fields of proc_pid_mountinfo(5); the optional ones end with a hyphen. */
const parseMount = (line: string): Mounted[] => {
  const fields = line.split(' ')
  const [type, source] = fields.slice(fields.indexOf('-') + 1)
  const [, , device, , at] = fields
  if (device === undefined || at === undefined || type === undefined || source === undefined) return []
  return [{ device, at: unescapeOctal(at), type, source: unescapeOctal(source) }]
}

/** The path itself, or the nearest directory above it that exists. */
const nearest = (path: string): string => {
  try {
    return realpathSync(path)
  } catch (error) {
    if (isAbsent(error) && dirname(path) !== path) return nearest(dirname(path))
    throw error
  }
}

const holds = ({ at }: Mounted, path: string): boolean =>
  path === at || `${path}/`.startsWith(at === sep ? sep : `${at}/`)

/** A later mount hides an earlier one at the same place. */
const findMount = (procRoot: string, path: string): Mounted | undefined =>
  readFileSync(join(procRoot, 'self/mountinfo'), 'utf8')
    .split('\n')
    .flatMap(parseMount)
    .filter((mounted) => holds(mounted, path))
    .reduce<Mounted | undefined>((best, next) => (best && best.at.length > next.at.length ? best : next), undefined)

/** The kernel limits disks, not partitions of them. */
const wholeDisk = (sysRoot: string, device: string): string => {
  const link = join(sysRoot, 'dev/block', device)
  if (!existsSync(join(link, 'partition'))) return device
  return readKernelFile(join(dirname(realpathSync(link)), 'dev')) ?? device
}

/** As stat(2) has it, taken apart as makedev(3) puts it together for numbers below 2^32. */
const deviceNumber = (path: string): string | undefined => {
  try {
    const rdev = BigInt(statSync(path).rdev)
    return `${(rdev >> 8n) & 0xfffn}:${(rdev & 0xffn) | ((rdev >> 12n) & 0xfff00n)}`
  } catch (error) {
    if (isAbsent(error)) return undefined
    throw error
  }
}

const directoriesIn = (path: string): readonly string[] => (existsSync(path) ? readdirSync(path) : [])

/** Every device of the btrfs that `source` is one of. */
const btrfsDevices = (sysRoot: string, source: string): readonly string[] => {
  const named = deviceNumber(source)
  const all = join(sysRoot, 'fs/btrfs')
  for (const id of directoriesIn(all)) {
    const own = join(all, id, 'devices')
    const devices = directoriesIn(own).flatMap((name) => readKernelFile(join(own, name, 'dev')) ?? [])
    if (named !== undefined && devices.includes(named)) return devices
  }
  return []
}

const findDisks = ({ path, procRoot, sysRoot }: DisksOptions): Disks => {
  const mounted = findMount(procRoot, nearest(path))
  const reason = 'NoBlockDevice'
  if (mounted === undefined) return { reason, message: `no mount holds ${path}` }
  const { device, type, source } = mounted
  const devices = device.startsWith('0:') ? (type === 'btrfs' ? btrfsDevices(sysRoot, source) : []) : [device]
  if (devices.length > 0) return [...new Set(devices.map((each) => wholeDisk(sysRoot, each)))]
  return { reason, message: `${path} is on ${type}, of which the kernel names no disk that could be limited` }
}

/** Finds the disks that a path is on, at most once a second: looks at all accounts ask together. */
export const createDisks = (options: DisksOptions): (() => Disks) => {
  let found: { readonly disks: Disks; readonly at: number } | undefined
  return () => {
    const now = options.clock.now()
    if (found === undefined || now - found.at > KEPT_MS || now < found.at)
      found = { disks: findDisks(options), at: now }
    return found.disks
  }
}
