import { type BigIntStats, constants, statSync } from 'node:fs'
import { type FileHandle, open, realpath } from 'node:fs/promises'
import { resolve } from 'node:path'
import { parseSpecText, unreadableSpecs } from '../api/parse-spec.ts'
import type { SpecSchemas } from '../api/schemas.ts'
import type { ParsedSpecs } from '../api/spec-object.ts'
import { errorCode, listSpecTree } from './spec-tree.ts'

/** What one file held when it was read last. */
interface CachedFile {
  /** Of the file as it was read; empty when it must be read again. */
  readonly stamp: string
  readonly parsed: ParsedSpecs
}

/** By path. Belongs to the caller, who hands it to every load of the same directory. */
export type SpecCache = Map<string, CachedFile>

export interface SpecFilesOptions {
  readonly schemas: SpecSchemas
  readonly cache?: SpecCache
  /** Files that somebody is writing at this moment: what was read before stays in force, also when they are gone. */
  readonly unsettled?: ReadonlySet<string>
  /** Milliseconds since the epoch, as the file system's clock. */
  readonly now?: () => number
}

export interface SpecFile {
  readonly path: string
  readonly parsed: ParsedSpecs
}

export type SpecFiles =
  | { readonly readable: false; readonly message: string }
  | { readonly readable: true; readonly root: string; readonly files: readonly SpecFile[] }

const MAX_BYTES = 1024 * 1024
/** Timestamps move in steps of a kernel's tick (10 ms at most): a younger file may change without a new stamp. */
const RACY_MS = 20

const stampOf = ({ mtimeNs, ctimeNs, size, ino }: BigIntStats): string => `${mtimeNs} ${ctimeNs} ${size} ${ino}`

/** Why a file is refused unread. */
const refusal = (path: string, stats: BigIntStats): ParsedSpecs | undefined => {
  if (!stats.isFile()) return unreadableSpecs(path, 'NotAFile', 'is no regular file')
  if (stats.size <= MAX_BYTES) return undefined
  return unreadableSpecs(path, 'TooLarge', `has ${stats.size} bytes: at most ${MAX_BYTES} are read, split it`)
}

/** One byte more than the file has now, and than is allowed, so that growth shows. */
const readAll = async (handle: FileHandle, size: number): Promise<Buffer> => {
  const buffer = Buffer.alloc(Math.min(size, MAX_BYTES) + 1)
  let length = 0
  while (length < buffer.length) {
    const { bytesRead } = await handle.read(buffer, length, buffer.length - length)
    if (bytesRead === 0) break
    length += bytesRead
  }
  return buffer.subarray(0, length)
}

const EMPTY = 'is empty, as a loss of power leaves files that were just written: write it again, or remove it'

const decode = (path: string, bytes: Buffer, schemas: SpecSchemas): ParsedSpecs => {
  // Nobody can tell what it held, so nothing that is missing was surely deleted.
  if (bytes.length === 0) return unreadableSpecs(path, 'Empty', EMPTY)
  if (bytes.length > MAX_BYTES) return unreadableSpecs(path, 'TooLarge', `has more than ${MAX_BYTES} bytes: split it`)
  try {
    return parseSpecText(new TextDecoder('utf-8', { fatal: true }).decode(bytes), path, schemas)
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    return unreadableSpecs(path, 'NotText', 'is no UTF-8 text')
  }
}

/** Opens without waiting (a FIFO would never open) and asks the open file itself what it is. */
const readOpened = async (path: string, realPath: string, schemas: SpecSchemas): Promise<ParsedSpecs> => {
  const handle = await open(realPath, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW)
  try {
    const stats = await handle.stat({ bigint: true })
    return refusal(path, stats) ?? decode(path, await readAll(handle, Number(stats.size)), schemas)
  } finally {
    await handle.close()
  }
}

/** What a file held before stays among the mentions while it can't be read: its objects are not gone. */
const withFormerMentions = (parsed: ParsedSpecs, former: ParsedSpecs | undefined): ParsedSpecs => {
  if (parsed.readable || former === undefined) return parsed
  const known = new Set(parsed.mentions.map(({ kind, name }) => `${kind}/${name}`))
  const gone = former.mentions.filter(({ kind, name }) => !known.has(`${kind}/${name}`))
  const [only, ...others] = [...parsed.mentions, ...gone]
  const object = only !== undefined && others.length === 0 ? { kind: only.kind, name: only.name } : undefined
  return {
    ...parsed,
    mentions: [...parsed.mentions, ...gone],
    problems: parsed.problems.map((problem) =>
      problem.object === undefined && object !== undefined ? { ...problem, object } : problem,
    ),
  }
}

const readFile = async (path: string, realPath: string, options: SpecFilesOptions): Promise<CachedFile> => {
  const { schemas, cache, now = Date.now } = options
  const cached = cache?.get(path)
  try {
    // One question per file at each load: asked synchronously it costs a tenth.
    const stats = statSync(realPath, { bigint: true })
    const stamp = stampOf(stats)
    if (cached?.stamp === stamp) return cached
    const parsed = refusal(path, stats) ?? (await readOpened(path, realPath, schemas))
    const isRacy = now() - Number(stats.ctimeMs) < RACY_MS
    return { stamp: isRacy ? '' : stamp, parsed: withFormerMentions(parsed, cached?.parsed) }
  } catch (error) {
    const parsed = unreadableSpecs(path, 'Unreadable', `can't be read: ${errorCode(error)}`)
    return { stamp: '', parsed: withFormerMentions(parsed, cached?.parsed) }
  }
}

/** A file in the making: as it was before, or unknown when it is new. */
const unsettledFile = (path: string, cache: SpecCache | undefined): CachedFile =>
  cache?.get(path) ?? { stamp: '', parsed: { objects: [], mentions: [], problems: [], readable: false } }

/** Reads every spec file below a directory; of those in the cache only what changed. */
export const readSpecFiles = async (directory: string, options: SpecFilesOptions): Promise<SpecFiles> => {
  const { cache, unsettled = new Set<string>() } = options
  const path = resolve(directory)
  let root: string
  let entries: Awaited<ReturnType<typeof listSpecTree>>
  try {
    root = await realpath(path)
    entries = await listSpecTree(path, root)
  } catch (error) {
    return { readable: false, message: `${path} can't be read: ${errorCode(error)}` }
  }
  const read = new Map<string, CachedFile>()
  for (const entry of entries) {
    if (entry.type === 'problem') {
      const parsed = unreadableSpecs(entry.path, entry.reason, entry.message)
      read.set(entry.path, { stamp: '', parsed: withFormerMentions(parsed, cache?.get(entry.path)?.parsed) })
    } else if (!unsettled.has(entry.path)) read.set(entry.path, await readFile(entry.path, entry.realPath, options))
  }
  for (const file of unsettled)
    if (cache?.has(file) || entries.some((entry) => entry.path === file)) {
      read.set(file, unsettledFile(file, cache))
    }
  cache?.clear()
  for (const [file, cached] of read) cache?.set(file, cached)
  return { readable: true, root, files: [...read].map(([file, { parsed }]) => ({ path: file, parsed })) }
}
