import { describe, expect, it } from 'vitest'
import { above, dropPattern, grafted, overlaid, recorded, SOURCE_DATE_EPOCH, trim } from './layer.ts'
import type { TarEntry } from './tar-entries.ts'

const entry = (path: string, changes: Partial<TarEntry> = {}): TarEntry => ({
  path,
  type: 'file',
  mode: 0o644,
  uid: 0,
  gid: 0,
  linkTarget: '',
  modified: 1,
  content: Buffer.from(path),
  ...changes,
})

const directory = (path: string): TarEntry => entry(path, { type: 'directory', mode: 0o755, content: Buffer.alloc(0) })

async function* streamOf(...entries: TarEntry[]): AsyncGenerator<TarEntry> {
  yield* entries
}

const collect = async (entries: AsyncIterable<TarEntry>): Promise<readonly TarEntry[]> => {
  const all: TarEntry[] = []
  for await (const each of entries) all.push(each)
  return all
}

const pathsOf = async (entries: AsyncIterable<TarEntry>): Promise<readonly string[]> =>
  (await collect(entries)).map(({ path }) => path)

describe('dropPattern', () => {
  it.each([
    ['usr/share/doc', 'usr/share/doc', true],
    ['usr/share/doc', 'usr/share/doc/nginx/copyright', true],
    ['usr/share/doc', 'usr/share/docs', false],
    ['usr/lib/*/perl', 'usr/lib/x86_64-linux-gnu/perl/5.36.0', true],
    ['usr/lib/*/perl', 'usr/lib/x86_64-linux-gnu/perl-base', false],
    ['usr/lib/*/perl', 'usr/lib/a/b/perl', false],
    ['var/log/*', 'var/log', false],
    ['usr/bin/a.b', 'usr/bin/axb', false],
  ])('%s drops %s: %s', (pattern, path, expected) => {
    expect(dropPattern([pattern]).test(path)).toBe(expected)
  })
})

describe('trim', () => {
  it('drops what no image needs and what the recipe names', async () => {
    const tree = streamOf(entry('etc/resolv.conf'), entry('var/www/x'), entry('usr/bin/php'))
    expect(await pathsOf(trim(tree, ['var/www']))).toEqual(['usr/bin/php'])
  })

  it('takes set-user-id and set-group-id bits away, and leaves the sticky bit', async () => {
    const tree = streamOf(entry('usr/bin/su', { mode: 0o6755 }), entry('var/spool', { mode: 0o1777 }))
    expect((await collect(trim(tree, []))).map(({ mode }) => mode)).toEqual([0o755, 0o1777])
  })

  it('makes nothing younger than the epoch of all images', async () => {
    const tree = streamOf(entry('a', { modified: SOURCE_DATE_EPOCH + 1 }), entry('b', { modified: 5 }))
    expect((await collect(trim(tree, []))).map(({ modified }) => modified)).toEqual([SOURCE_DATE_EPOCH, 5])
  })
})

describe('above', () => {
  it('keeps directories, and of the files only those that differ from the base', async () => {
    const index = new Map<string, string>()
    await collect(
      recorded(streamOf(directory('etc'), entry('etc/same'), entry('etc/changed'), entry('etc/mode')), index),
    )
    const tree = streamOf(
      directory('etc'),
      entry('etc/same', { modified: 99 }),
      entry('etc/changed', { content: Buffer.from('other') }),
      entry('etc/mode', { mode: 0o600 }),
      entry('etc/new'),
    )
    expect(await pathsOf(above(tree, index))).toEqual(['etc', 'etc/changed', 'etc/mode', 'etc/new'])
  })
})

describe('grafted', () => {
  it('puts a tree in the place of what the packages have there, after its missing parents', async () => {
    const packages = streamOf(directory('opt'), directory('opt/a'), directory('opt/a/b'), entry('opt/a/b/old'))
    const tree = streamOf(directory('opt/a/b/c'), entry('opt/a/b/c/new'))
    expect(await pathsOf(grafted(packages, 'opt/a/b/c', tree))).toEqual([
      'opt',
      'opt/a',
      'opt/a/b',
      'opt/a/b/old',
      'opt/a/b/c',
      'opt/a/b/c/new',
    ])
    const replaced = streamOf(directory('opt'), directory('opt/a'), entry('opt/a/old'))
    expect(await pathsOf(grafted(replaced, 'opt/a', streamOf(directory('opt/a'), entry('opt/a/new'))))).toEqual([
      'opt',
      'opt/a',
      'opt/a/new',
    ])
    expect(await pathsOf(grafted(streamOf(), 'srv/app', streamOf(directory('srv/app'))))).toEqual(['srv', 'srv/app'])
  })
})

describe('overlaid', () => {
  const file = (path: string) => ({ path, mode: 0o644, content: Buffer.from('ours') })

  it('puts files over those of the packages, after their missing directories', async () => {
    const tree = streamOf(directory('etc'), entry('etc/conf'))
    const result = await collect(overlaid(tree, [file('etc/conf'), file('srv/a/b')]))
    expect(result.map(({ path, type }) => `${type} ${path}`)).toEqual([
      'directory etc',
      'file etc/conf',
      'directory srv',
      'directory srv/a',
      'file srv/a/b',
    ])
    expect(result[1]?.content.toString()).toBe('ours')
  })

  it('replaces a directory of a package by a link', async () => {
    const tree = streamOf(
      directory('var'),
      directory('var/lib'),
      directory('var/lib/nginx'),
      entry('var/lib/nginx/body'),
    )
    const link = { path: 'var/lib/nginx', mode: 0o777, content: Buffer.alloc(0), linkTarget: '/tmp' }
    const result = await collect(overlaid(tree, [link]))
    expect(result.map(({ path, linkTarget }) => `${path} ${linkTarget}`)).toEqual([
      'var ',
      'var/lib ',
      'var/lib/nginx /tmp',
    ])
  })

  it('changes nothing without files', async () => {
    expect(await pathsOf(overlaid(streamOf(directory('etc'), entry('-'), entry('etc/-')), []))).toEqual([
      'etc',
      '-',
      'etc/-',
    ])
  })
})
