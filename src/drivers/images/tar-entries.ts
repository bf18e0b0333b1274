import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { type Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { extract, type Header, type Pack, pack } from 'tar-stream'

/** One file of a root file system. */
export interface TarEntry {
  /** Without leading or trailing slash. */
  readonly path: string
  readonly type: 'file' | 'directory' | 'symlink'
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Empty but for a symlink. */
  readonly linkTarget: string
  /** Seconds since the epoch. */
  readonly modified: number
  readonly content: Buffer
}

/** Size and sha-256 of a file that was written. */
export interface WrittenFile {
  readonly path: string
  readonly size: number
  readonly digest: string
}

/**
 * Reads a tar archive one entry at a time. Devices, sockets and pipes are left out; a hard link becomes a symbolic one,
 * because a layer must not link to a file of the layer below.
 */
export async function* readTar(source: Readable): AsyncGenerator<TarEntry> {
  const entries = extract()
  const feeding = pipeline(source, entries)
  feeding.catch(() => undefined)
  for await (const entry of entries) {
    const chunks: Buffer[] = []
    for await (const chunk of entry) chunks.push(bytes(chunk))
    const read = toTarEntry(entry.header, Buffer.concat(chunks))
    if (read !== undefined) yield read
  }
  await feeding
}

const bytes = (chunk: unknown): Buffer => {
  if (Buffer.isBuffer(chunk)) return chunk
  throw new TypeError('a tar stream holds bytes only')
}

const toTarEntry = (header: Header, content: Buffer): TarEntry | undefined => {
  const path = header.name.replace(/^(\.?\/)+/, '').replace(/\/+$/, '')
  const shared = {
    path,
    mode: header.mode,
    uid: header.uid,
    gid: header.gid,
    modified: Math.floor(header.mtime.getTime() / 1000),
  }
  const linkTarget = header.linkname
  switch (header.type) {
    case 'file':
      return { ...shared, type: 'file', linkTarget: '', content }
    case 'directory':
      return path === '' || path === '.' ? undefined : { ...shared, type: 'directory', linkTarget: '', content }
    case 'symlink':
      return { ...shared, type: 'symlink', linkTarget, content }
    case 'link':
      return { ...shared, type: 'symlink', linkTarget: linkTarget.replace(/^(\.?\/)*/, '/'), content }
    default:
      return undefined
  }
}

/** Writes entries as a tar archive. */
export const writeTar = async (path: string, entries: AsyncIterable<TarEntry>): Promise<WrittenFile> => {
  const archive = pack()
  const hash = createHash('sha256')
  let size = 0
  const measure = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk)
      size += chunk.length
      done(null, chunk)
    },
  })
  const writing = pipeline(archive, measure, createWriteStream(path, { flush: true }))
  try {
    for await (const entry of entries) await append(archive, entry)
    archive.finalize()
  } catch (error) {
    archive.destroy()
    await writing.catch(() => undefined)
    throw error
  }
  await writing
  return { path, size, digest: hash.digest('hex') }
}

const append = (archive: Pack, entry: TarEntry): Promise<void> => {
  const header = {
    name: entry.type === 'directory' ? `${entry.path}/` : entry.path,
    type: entry.type,
    mode: entry.mode,
    uid: entry.uid,
    gid: entry.gid,
    size: entry.content.length,
    mtime: new Date(entry.modified * 1000),
    ...(entry.type === 'symlink' ? { linkname: entry.linkTarget } : {}),
  }
  return new Promise((resolve, reject) => {
    archive.entry(header, entry.content, (error) => (error ? reject(error) : resolve()))
  })
}
