import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SOURCE_DATE_EPOCH } from './layer.ts'
import type { TarEntry } from './tar-entries.ts'
import { readTree } from './tree-entries.ts'

let directory: string

const collect = async (): Promise<readonly TarEntry[]> => {
  const entries: TarEntry[] = []
  for await (const entry of readTree(directory, 'opt/app')) entries.push(entry)
  return entries
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'palisade-tree-'))
  await mkdir(join(directory, 'b/c'), { recursive: true })
  await writeFile(join(directory, 'b/c/file'), 'text')
  await writeFile(join(directory, 'a'), '#!/bin/sh')
  await chmod(join(directory, 'a'), 0o700)
  await symlink('b/c', join(directory, 'link'))
})

afterEach(() => rm(directory, { recursive: true, force: true }))

describe('readTree', () => {
  it('gives each directory before what is in it, in the order of the names', async () => {
    expect((await collect()).map(({ type, path }) => `${type} ${path}`)).toEqual([
      'directory opt/app',
      'file opt/app/a',
      'directory opt/app/b',
      'directory opt/app/b/c',
      'file opt/app/b/c/file',
      'symlink opt/app/link',
    ])
  })

  it('gives everything to root, of one age, readable by all', async () => {
    const entries = await collect()
    expect(entries.map(({ mode }) => mode.toString(8))).toEqual(['755', '755', '755', '755', '644', '777'])
    expect(new Set(entries.map(({ uid, gid, modified }) => `${uid} ${gid} ${modified}`))).toEqual(
      new Set([`0 0 ${SOURCE_DATE_EPOCH}`]),
    )
  })

  it('keeps contents, and links as they are', async () => {
    const entries = new Map((await collect()).map((entry) => [entry.path, entry]))
    expect(entries.get('opt/app/b/c/file')?.content.toString()).toBe('text')
    expect(entries.get('opt/app/link')?.linkTarget).toBe('b/c')
  })
})
