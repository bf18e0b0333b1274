import { chmod, rename, writeFile } from 'node:fs/promises'

/** Readers see the old content or the new one. For files that one process writes. */
export const writeFileAtomically = async (path: string, content: string, mode: number): Promise<void> => {
  const unfinished = `${path}.new`
  await writeFile(unfinished, content, { mode })
  await chmod(unfinished, mode)
  await rename(unfinished, path)
}
