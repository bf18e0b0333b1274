import { constants } from 'node:fs'
import { readFile, realpath } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'

/** Refs that lead to refs; git follows as many. */
const MAX_LINKS = 5

/** SHA-1 or SHA-256. */
const COMMIT = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/

/** A ref may be called so; see git-check-ref-format(1). None leads out of the repository. */
const isRef = (name: string): boolean => /^refs\/[^\0\s]+$/.test(name) && !name.split('/').includes('..')

/** Trimmed; undefined for what is no file. Does not wait for a pipe that somebody put there. */
const readText = async (path: string): Promise<string | undefined> => {
  try {
    const text = await readFile(path, { encoding: 'utf8', flag: constants.O_RDONLY | constants.O_NONBLOCK })
    return text.trim()
  } catch {
    return undefined
  }
}

/** Where the repository of a checkout stands, given that `place` is its top. A worktree or submodule has a file there. */
const repositoryOf = async (place: string): Promise<string> => {
  const git = join(place, '.git')
  const [, elsewhere] = /^gitdir: (.+)$/.exec((await readText(git)) ?? '') ?? []
  return elsewhere === undefined ? git : resolve(place, elsewhere)
}

const packedRef = async (repository: string, name: string): Promise<string | undefined> => {
  const lines = (await readText(join(repository, 'packed-refs')))?.split('\n') ?? []
  return lines.find((line) => line.endsWith(` ${name}`))?.split(' ')[0]
}

/** Commit that the text of a ref names, or of the ref that it leads to; see gitrepository-layout(5). */
const follow = async (repository: string, text: string, links: number): Promise<string | undefined> => {
  const name = /^ref: (.+)$/.exec(text)?.[1]
  if (name === undefined) return COMMIT.test(text) ? text : undefined
  if (!isRef(name) || links === 0) return undefined
  // A worktree has some refs for itself, the others are those of the repository it belongs to.
  const common = resolve(repository, (await readText(join(repository, 'commondir'))) ?? '.')
  const next =
    (await readText(join(repository, name))) ?? (await readText(join(common, name))) ?? (await packedRef(common, name))
  return next === undefined ? undefined : follow(repository, next, links - 1)
}

const revisionAbove = async (place: string): Promise<string | undefined> => {
  const repository = await repositoryOf(place)
  const head = await readText(join(repository, 'HEAD'))
  if (head !== undefined) return follow(repository, head, MAX_LINKS)
  const parent = dirname(place)
  return parent === place ? undefined : revisionAbove(parent)
}

/**
 * Commit of the checkout that a directory is in; undefined when it is in none, or has none yet. Reads git's files and
 * starts nothing, since it is asked for at every edit. Repositories that keep refs in a table (reftable) are not read.
 */
export const readRevision = async (directory: string): Promise<string | undefined> => {
  const place = await realpath(directory).catch(() => undefined)
  return place === undefined ? undefined : revisionAbove(place)
}
