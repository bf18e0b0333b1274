import { mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { edgeContract } from '../../../test/contract/edge.ts'
import { testSettings } from '../../../test/fixtures/host-settings.ts'
import { fileTable } from './file-table.ts'

edgeContract('fileTable', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'palisade-table-'))
  return {
    edge: fileTable(testSettings(directory)),
    remove: () => rm(directory, { recursive: true, force: true }),
  }
})

describe('fileTable', () => {
  let directory: string
  let table: string

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'palisade-table-'))
    table = join(directory, 'run', 'edge')
  })
  afterEach(() => rm(directory, { recursive: true, force: true }))

  it('keeps one empty file per host, which others can read', async () => {
    await fileTable(testSettings(directory)).publish('a.example', '10.90.0.2:80')
    expect(await readdir(table, { recursive: true })).toEqual(['a.example', 'a.example/10.90.0.2:80'])
    expect((await stat(join(table, 'a.example'))).mode & 0o777).toBe(0o755)
    expect((await stat(join(table, 'a.example', '10.90.0.2:80'))).mode & 0o777).toBe(0o644)
  })

  it.each(['x', '10.90.0.2:80'])('observes no entry beside the stray entry %s, and repairs it', async (stray) => {
    const edge = fileTable(testSettings(directory))
    await mkdir(join(table, 'a.example', stray, 'deep'), { recursive: true })
    await writeFile(join(table, 'a.example', '10.90.0.6:80'), '')
    expect(await edge.observe(['a.example'])).toEqual(new Map())
    await edge.publish('a.example', '10.90.0.10:80')
    expect(await readdir(join(table, 'a.example'))).toEqual(['10.90.0.10:80'])
    expect((await stat(join(table, 'a.example', '10.90.0.10:80'))).isFile()).toBe(true)
  })

  it.each(['a whole directory', 'one entry'])('never follows a link in the place of %s', async (place) => {
    const edge = fileTable(testSettings(directory))
    const elsewhere = join(directory, 'elsewhere')
    await mkdir(join(elsewhere, 'precious'), { recursive: true })
    await writeFile(join(elsewhere, 'precious', 'file'), 'kept')
    await writeFile(join(elsewhere, '10.90.0.2:80'), '')
    const host = join(table, 'a.example')
    await mkdir(place === 'one entry' ? host : table, { recursive: true })
    await symlink(elsewhere, place === 'one entry' ? join(host, '10.90.0.2:80') : host)
    expect(await edge.observe(['a.example'])).toEqual(new Map())
    await edge.publish('a.example', '10.90.0.6:80')
    expect(await readdir(host)).toEqual(['10.90.0.6:80'])
    await edge.withdraw('a.example')
    await mkdir(table, { recursive: true })
    await symlink(elsewhere, host)
    await edge.withdraw('a.example')
    expect((await readdir(elsewhere, { recursive: true })).sort()).toEqual([
      '10.90.0.2:80',
      'precious',
      'precious/file',
    ])
  })

  it('goes on after a crash in the middle', async () => {
    const edge = fileTable(testSettings(directory))
    await mkdir(join(table, '.+a.example'), { recursive: true })
    await writeFile(join(table, '.+a.example', '10.90.0.6:80'), '')
    await mkdir(join(table, '.-a.example', 'x'), { recursive: true })
    await edge.publish('a.example', '10.90.0.2:80')
    expect(await edge.observe(['a.example'])).toEqual(new Map([['a.example', '10.90.0.2:80']]))
    await edge.withdraw('a.example')
    expect(await readdir(table)).toEqual([])
  })
})
