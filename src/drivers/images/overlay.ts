import { readdir, readFile, readlink, stat } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { undefinedIfMissing } from '../system-error.ts'

/** One file or symbolic link that a recipe puts into its image, owned by root. */
export interface OverlayFile {
  /** Without leading slash. */
  readonly path: string
  readonly mode: number
  /** Empty for a link. */
  readonly content: Buffer
  readonly linkTarget?: string
}

/**
 * Every file below a directory in the order of their paths; none when there is no such directory. A relative link that
 * leads out of the directory stands for the file at its end: so recipes share files.
 */
export const readOverlay = async (directory: string): Promise<readonly OverlayFile[]> => {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(undefinedIfMissing)
  const files = (entries ?? []).filter((entry) => !entry.isDirectory())
  const overlay = files.map(async (entry): Promise<OverlayFile> => {
    const source = join(entry.parentPath, entry.name)
    const path = relative(directory, source)
    const linkTarget = entry.isSymbolicLink() ? await readlink(source) : undefined
    if (linkTarget !== undefined && !leadsOut(directory, source, linkTarget)) {
      return { path, mode: 0o777, content: Buffer.alloc(0), linkTarget }
    }
    // Only the executable bit survives a checkout, whatever the umask was.
    const executable = ((await stat(source)).mode & 0o100) !== 0
    return { path, mode: executable ? 0o755 : 0o644, content: await readFile(source) }
  })
  return (await Promise.all(overlay)).sort((a, b) => (a.path < b.path ? -1 : 1))
}

const leadsOut = (directory: string, link: string, target: string): boolean =>
  !isAbsolute(target) && !resolve(dirname(link), target).startsWith(resolve(directory) + sep)
