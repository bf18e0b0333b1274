/** One line of /proc/self/mountinfo: proc(5). */
export interface Mount {
  /** Of what of the file system is mounted: `/` for all of it. */
  readonly root: string
  readonly mountPoint: string
  /** Such as `ext4`. */
  readonly type: string
  readonly source: string
  /** Options of the file system as a whole. */
  readonly options: ReadonlySet<string>
}

/** Spaces and the like stand there as three octal digits. */
const unescaped = (field: string): string =>
  field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))

const LINE = /^\d+ \d+ \d+:\d+ (?<root>\S+) (?<point>\S+) \S+ (?:\S+ )*?- (?<type>\S+) (?<source>\S*) (?<options>\S+)$/

const parseLine = (line: string): Mount[] => {
  const { root, point, type, source = '', options } = LINE.exec(line)?.groups ?? {}
  if (root === undefined || point === undefined || type === undefined || options === undefined) return []
  return [
    {
      root: unescaped(root),
      mountPoint: unescaped(point),
      type,
      source: unescaped(source),
      options: new Set(options.split(',')),
    },
  ]
}

const holds = (mountPoint: string, path: string): boolean =>
  mountPoint === '/' || path === mountPoint || path.startsWith(`${mountPoint}/`)

/** Where an absolute path leads: the deepest mount on its way, and of several in one place the last. */
export const mountOf = (mountInfo: string, path: string): Mount | undefined => {
  let found: Mount | undefined
  for (const mount of mountInfo.split('\n').flatMap(parseLine))
    if (holds(mount.mountPoint, path) && mount.mountPoint.length >= (found?.mountPoint.length ?? 0)) found = mount
  return found
}
