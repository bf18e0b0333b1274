import type { AuditedMount } from '../../audit/audited.ts'

/** A line of /proc/PID/mountinfo: proc(5). */
export interface MountEntry {
  /** `major:minor` of the file system. */
  readonly device: string
  /** What of the file system is mounted. */
  readonly root: string
  readonly target: string
  readonly writable: boolean
  readonly shared: boolean
  readonly fileSystem: string
}

/** The kernel writes space, tab, newline and backslash as octal numbers. */
const unescapeOctal = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))

export const parseMounts = (mountinfo: string): readonly MountEntry[] =>
  mountinfo
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [before = '', after = ''] = line.split(' - ')
      const [, , device = '', root = '', target = '', options = '', ...tags] = before.split(' ')
      return {
        device,
        root: unescapeOctal(root),
        target: unescapeOctal(target),
        writable: options.split(',').includes('rw'),
        shared: tags.some((tag) => tag.startsWith('shared:')),
        fileSystem: after.split(' ')[0] ?? '',
      }
    })

const below = (directory: string, path: string): string | undefined => {
  if (directory === '/') return path
  if (path === directory) return '/'
  return path.startsWith(`${directory}/`) ? path.slice(directory.length) : undefined
}

const join = (directory: string, path: string): string =>
  path === '/' ? directory : directory === '/' ? path : directory + path

/** A path by which the outer mounts lead to what is mounted; the one closest to it where there are several. */
const pathIn = (outer: readonly MountEntry[], { device, root }: MountEntry): string | undefined => {
  let found: { readonly path: string; readonly rest: number } | undefined
  for (const candidate of outer) {
    const rest = candidate.device === device ? below(candidate.root, root) : undefined
    if (rest === undefined || (found !== undefined && found.rest >= rest.length)) continue
    found = { path: join(candidate.target, rest), rest: rest.length }
  }
  return found?.path
}

/**
 * What a container sees of the host and of its tenant's sandbox: each is a mount table outside of it, looked through in
 * this order. Of several paths the longest within its file system is told, which is that by the tree. Pure.
 */
export const auditedMounts = (
  container: readonly MountEntry[],
  outside: readonly (readonly MountEntry[])[],
): readonly AuditedMount[] =>
  container.map((entry) => ({
    target: entry.target,
    hostPath: outside.map((table) => pathIn(table, entry)).find((path) => path !== undefined) ?? '',
    fileSystem: entry.fileSystem,
    writable: entry.writable,
    shared: entry.shared,
  }))
