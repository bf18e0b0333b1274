import { realpathSync } from 'node:fs'
import { dirname, sep } from 'node:path'
import { isAbsent } from './kernel-files.ts'

/** One line of mountinfo: proc_pid_mountinfo(5). */
export interface Mount {
  /** `major:minor`; major 0 when the file system has no device of its own. */
  readonly device: string
  /** Of what of the file system is mounted: `/` for all of it. */
  readonly root: string
  readonly mountPoint: string
  /** Such as `ext4`. */
  readonly type: string
  readonly source: string
  /** Options of the file system as a whole. */
  readonly options: ReadonlySet<string>
}

/** `\040` and the like. */
const unescapeOctal = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))

/** The optional fields end with a hyphen. */
const parseMount = (line: string): Mount[] => {
  const fields = line.split(' ')
  const [type, source, options = ''] = fields.slice(fields.indexOf('-') + 1)
  const [, , device, root, mountPoint] = fields
  if (!fields.includes('-') || device === undefined || root === undefined || mountPoint === undefined) return []
  if (type === undefined || source === undefined) return []
  return [
    {
      device,
      root: unescapeOctal(root),
      mountPoint: unescapeOctal(mountPoint),
      type,
      source: unescapeOctal(source),
      options: new Set(options.split(',')),
    },
  ]
}

const holds = ({ mountPoint }: Mount, path: string): boolean =>
  path === mountPoint || `${path}/`.startsWith(mountPoint === sep ? sep : `${mountPoint}/`)

/** The mount that holds a path without symbolic links. A later mount hides an earlier one at the same place. */
export const mountOf = (mountInfo: string, path: string): Mount | undefined =>
  mountInfo
    .split('\n')
    .flatMap(parseMount)
    .filter((mount) => holds(mount, path))
    .reduce<Mount | undefined>(
      (best, next) => (best && best.mountPoint.length > next.mountPoint.length ? best : next),
      undefined,
    )

/** The path itself without symbolic links, or the nearest directory above it that exists. */
export const nearestExisting = (path: string): string => {
  try {
    return realpathSync(path)
  } catch (error) {
    if (isAbsent(error) && dirname(path) !== path) return nearestExisting(dirname(path))
    throw error
  }
}
