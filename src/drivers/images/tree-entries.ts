import type { Dirent } from 'node:fs'
import { readdir, readFile, readlink, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { emptyDirectory, rootOwned } from './layer.ts'
import type { TarEntry } from './tar-entries.ts'

/**
 * Reads a directory's tree as entries of an image below `to`, root-owned, in the order of the names, one file at a time.
 * Of the modes only the executable bit is taken: the rest depends on the umask of who wrote the files.
 */
export async function* readTree(directory: string, to: string): AsyncGenerator<TarEntry> {
  yield emptyDirectory(to)
  const entries = await readdir(directory, { withFileTypes: true })
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const source = join(directory, entry.name)
    const path = `${to}/${entry.name}`
    if (entry.isDirectory()) yield* readTree(source, path)
    else yield await readEntry(source, path, entry)
  }
}

const readEntry = async (source: string, path: string, entry: Dirent): Promise<TarEntry> => {
  if (entry.isSymbolicLink()) {
    return {
      ...rootOwned(path, 0o777),
      type: 'symlink',
      linkTarget: await readlink(source),
      content: Buffer.alloc(0),
    }
  }
  const executable = ((await stat(source)).mode & 0o100) !== 0
  const content = await readFile(source)
  return { ...rootOwned(path, executable ? 0o755 : 0o644), type: 'file', linkTarget: '', content }
}
