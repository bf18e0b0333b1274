import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pack } from 'tar-stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readTar, type TarEntry, writeTar } from './tar-entries.ts'

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'palisade-tar-'))
})

afterEach(() => rm(directory, { recursive: true, force: true }))

const collect = async (entries: AsyncIterable<TarEntry>): Promise<readonly TarEntry[]> => {
  const all: TarEntry[] = []
  for await (const each of entries) all.push(each)
  return all
}

const rootTar = (): Readable => {
  const archive = pack()
  const mtime = new Date(5000)
  archive.entry({ name: './', type: 'directory', mtime })
  archive.entry({ name: './usr/', type: 'directory', mode: 0o755, mtime })
  archive.entry({ name: './usr/a', mode: 0o640, uid: 7, gid: 8, mtime }, 'content')
  archive.entry({ name: './usr/hard', type: 'link', linkname: './usr/a', mtime })
  archive.entry({ name: './usr/soft', type: 'symlink', linkname: 'a', mtime })
  archive.entry({ name: './dev/null', type: 'character-device', devmajor: 1, devminor: 3, mtime })
  archive.finalize()
  return Readable.from(archive)
}

describe('readTar', () => {
  it('gives files, directories and links, and no devices', async () => {
    const found = await collect(readTar(rootTar()))
    expect(found.map(({ type, path, linkTarget }) => `${type} ${path} ${linkTarget}`)).toEqual([
      'directory usr ',
      'file usr/a ',
      'symlink usr/hard /usr/a',
      'symlink usr/soft a',
    ])
    expect(found[1]).toMatchObject({ mode: 0o640, uid: 7, gid: 8, modified: 5, content: Buffer.from('content') })
  })

  it('fails on an archive that is cut off', async () => {
    const bytes = Buffer.concat(await rootTar().toArray())
    await expect(collect(readTar(Readable.from([bytes.subarray(0, 1100)])))).rejects.toThrow()
  })
})

describe('writeTar', () => {
  it('writes what readTar reads, the same bytes each time', async () => {
    const first = await writeTar(join(directory, '1.tar'), readTar(rootTar()))
    const second = await writeTar(join(directory, '2.tar'), readTar(rootTar()))
    const bytes = await readFile(first.path)
    expect(second).toEqual({ ...first, path: second.path })
    expect(first.size).toBe(bytes.length)
    expect(await collect(readTar(Readable.from([bytes])))).toEqual(await collect(readTar(rootTar())))
  })

  it('passes on a failure of its source', async () => {
    const failing = async function* (): AsyncGenerator<TarEntry> {
      yield* readTar(rootTar())
      throw new Error('mirror gone')
    }
    await expect(writeTar(join(directory, 'x.tar'), failing())).rejects.toThrow('mirror gone')
  })
})
