import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { join, relative, resolve, sep } from 'node:path'
import { TerminalError } from '../../ports/errors.ts'
import { hasCode } from '../system-error.ts'

/** open(2): a handle that names a directory without reading it. Not in `node:fs`. */
const O_PATH = 0o10000000

/**
 * Components of `path` below `root`; at least one.
 *
 * @throws TerminalError `PathOutsideTree` for everything else.
 */
export const componentsBeneath = (root: string, path: string): [string, ...string[]] => {
  const [first = '', ...rest] = relative(root, path).split(sep)
  if (resolve(path) !== path || first === '' || first === '..') {
    throw new TerminalError('PathOutsideTree', `${path} is not a path below ${root}`)
  }
  return [first, ...rest]
}

const blocked =
  (path: string) =>
  (error: unknown): never => {
    if (!hasCode(error, 'ENOTDIR', 'ELOOP')) throw error
    throw new TerminalError('PathBlocked', `${path} is not a directory; remove what stands in its place`, {
      cause: error,
    })
  }

/** A path through an open directory: no rename or symbolic link changes where it leads. */
const through = ({ fd }: FileHandle): string => `/proc/self/fd/${fd}`

const openDirectory = (path: string, shown: string): Promise<FileHandle> =>
  open(path, O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW).catch(blocked(shown))

/**
 * Walks from `root` down to the parent of `path`, one component at a time and through no symbolic link, as openat2(2)
 * would with RESOLVE_NO_SYMLINKS. `use` gets a path of the last component that leads there until it has settled.
 *
 * @throws TerminalError `PathOutsideTree` or `PathBlocked`.
 */
export const withParent = async <T>(root: string, path: string, use: (path: string) => Promise<T>): Promise<T> => {
  const components = componentsBeneath(root, path)
  const name = components[components.length - 1] ?? ''
  let parent = await openDirectory(root, root)
  try {
    for (const component of components.slice(0, -1)) {
      const child = await openDirectory(join(through(parent), component), path)
      await parent.close()
      parent = child
    }
    return await use(join(through(parent), name))
  } finally {
    await parent.close()
  }
}
