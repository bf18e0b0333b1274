import { chown, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { anyIndex, storeContract, testRecord } from '../../../test/contract/store.ts'
import { fakeClock } from '../../../test/fakes/fake-clock.ts'
import { testSettings } from '../../../test/fixtures/host-settings.ts'
import type { HostSettings } from '../../plan/settings.ts'
import type { Store } from '../../ports/store.ts'
import { fileStore } from './file-store.ts'

const makeDirectory = () => mkdtemp(join(tmpdir(), 'palisade-store-'))

storeContract('fileStore', async () => {
  const directory = await makeDirectory()
  return {
    store: fileStore({ settings: testSettings(directory), clock: fakeClock() }),
    remove: () => rm(directory, { recursive: true, force: true }),
  }
})

describe('fileStore', () => {
  let directory: string
  let settings: HostSettings
  let store: Store

  /** The store of a process that has just started. */
  const restarted = () => fileStore({ settings, clock: fakeClock() })
  const inState = (...path: string[]) => join(settings.stateDirectory, ...path)
  const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8)

  beforeEach(async () => {
    directory = await makeDirectory()
    settings = testSettings(directory)
    store = restarted()
  })
  afterEach(() => rm(directory, { recursive: true, force: true }))

  it('keeps records to root, and shows status to everybody, pretty-printed', async () => {
    await store.writeRecord(testRecord('alice'))
    await store.writeStatus('Account', 'alice', { status: { ready: true } })
    await store.allocateIndex(anyIndex)
    expect(await modeOf(inState('records'))).toBe('700')
    expect(await modeOf(inState('records/accounts'))).toBe('700')
    expect(await modeOf(inState('records/accounts/alice.json'))).toBe('600')
    expect(await modeOf(inState('records/allocator.json'))).toBe('600')
    expect(await modeOf(inState())).toBe('755')
    expect(await modeOf(inState('status/accounts'))).toBe('755')
    expect(await modeOf(inState('status/accounts/alice.json'))).toBe('640')
    const text = await readFile(inState('status/accounts/alice.json'), 'utf8')
    expect(text).toBe('{\n  "status": {\n    "ready": true\n  }\n}\n')
  })

  it('knows after a restart what was written before, and writes nothing again', async () => {
    const index = await store.allocateIndex(anyIndex)
    await store.writeRecord(testRecord('alice', { index }))
    await store.writeStatus('Account', 'alice', { ready: true })
    const again = restarted()
    expect(await again.writeRecord(testRecord('alice', { index }))).toBe(false)
    expect(await again.writeStatus('Account', 'alice', { ready: true })).toBe(false)
    expect(await again.allocateIndex(anyIndex)).toBe(index + 1)
  })

  it.each(['removed', 'changed', 'damaged'])('writes a status again that somebody has %s', async (what) => {
    await store.writeStatus('Account', 'alice', { ready: true })
    const path = inState('status/accounts/alice.json')
    await (what === 'removed' ? rm(path) : writeFile(path, what === 'changed' ? '{"ready": false}' : '{'))
    expect(await store.readStatus('Account', 'alice')).toEqual(what === 'changed' ? { ready: false } : undefined)
    expect(await store.writeStatus('Account', 'alice', { ready: true })).toBe(true)
    expect(await store.readStatus('Account', 'alice')).toEqual({ ready: true })
  })

  const damages: [string, string][] = [
    ['empty', ''],
    ['cut off', '{"name": "alice", "ind'],
    ['another type', '[]'],
    ['null', 'null'],
    ['another account', JSON.stringify(testRecord('bob'))],
    ['a negative index', JSON.stringify(testRecord('alice', { index: -1 }))],
    ['an unknown type of resource', JSON.stringify({ ...testRecord('alice'), inventory: ['constructor/x'] })],
    ['no inventory', JSON.stringify({ ...testRecord('alice'), inventory: undefined })],
  ]
  it.each(damages)('takes a damaged record for damaged, not for absent: %s', async (_damage, text) => {
    await store.writeRecord(testRecord('alice'))
    const path = inState('records/accounts/alice.json')
    await writeFile(path, text)
    for (const reader of [store, restarted()]) {
      const reading = reader.readRecord('alice')
      await expect(reading).rejects.toMatchObject({ name: 'TerminalError', reason: 'RecordCorrupt' })
      await expect(reading).rejects.toThrow(path)
      expect(await reader.listRecords()).toEqual(['alice'])
    }
  })

  it('ignores what a crash left of a write', async () => {
    await store.writeRecord(testRecord('alice'))
    await writeFile(inState('records/accounts/bob.json.new'), '{')
    await writeFile(inState('records/accounts/alice.json.new'), '{')
    expect(await store.listRecords()).toEqual(['alice'])
    await store.writeRecord(testRecord('alice', { generation: 2 }))
    expect(await readdir(inState('records/accounts'))).toEqual(['alice.json', 'bob.json.new'])
  })

  const badNames = ['', '.', '..', '../x', 'a/b', 'a..b', '.a', 'a.', 'Alice', 'a\0', 'a b', 'a\n', 'x'.repeat(201)]
  it.each(badNames)('lets the name %j reach no path', async (name) => {
    const refused = { reason: 'InvalidName' }
    await expect((async () => store.readRecord(name))()).rejects.toMatchObject(refused)
    await expect((async () => store.writeRecord(testRecord(name)))()).rejects.toMatchObject(refused)
    await expect((async () => store.removeRecord(name))()).rejects.toMatchObject(refused)
    await expect((async () => store.writeStatus('Account', name, {}))()).rejects.toMatchObject(refused)
    await expect((async () => store.removeStatus('Account', name))()).rejects.toMatchObject(refused)
    await expect((async () => store.writeLoadedConfig(name, 'nginx', ''))()).rejects.toMatchObject(refused)
    await expect((async () => store.writeStatus(`${name}/`, 'alice', {}))()).rejects.toMatchObject(refused)
    expect(await readdir(directory)).toEqual([])
  })

  it('counts what records and kept data use when the allocator is lost', async () => {
    await store.writeRecord(testRecord('alice', { index: 4 }))
    expect(await restarted().allocateIndex(anyIndex)).toBe(5)
    await rm(inState('records/allocator.json'))
    const site = join(settings.dataRoot, 'archive', 'gone-20260101T000000Z', 'sites', 'a.example')
    await mkdir(site, { recursive: true })
    await chown(site, settings.uidBase + 7, settings.uidBase + 7)
    expect(await restarted().allocateIndex(anyIndex)).toBe(8)
    await rm(inState('records/allocator.json'))
    const data = join(settings.dataRoot, 'tenants', 'bob', 'data', 'mariadb-10.11')
    await mkdir(data, { recursive: true })
    await chown(data, settings.subIdBase + 11 * 65_536 + 998, 0)
    expect(await restarted().allocateIndex(anyIndex)).toBe(12)
  })

  it('guesses no index when the allocator or a record is damaged', async () => {
    await store.allocateIndex(anyIndex)
    await writeFile(inState('records/allocator.json'), '{"next": "7"}')
    await expect(store.allocateIndex(anyIndex)).rejects.toMatchObject({ reason: 'RecordCorrupt' })
    await rm(inState('records/allocator.json'))
    await store.writeRecord(testRecord('alice'))
    await writeFile(inState('records/accounts/alice.json'), '')
    await expect(store.allocateIndex(anyIndex)).rejects.toMatchObject({ reason: 'RecordCorrupt' })
  })

  it('says so when every index was used', async () => {
    settings = testSettings(directory, { ipv4Pool: '10.90.0.0/29' })
    const small = restarted()
    expect([await small.allocateIndex(anyIndex), await small.allocateIndex(anyIndex)]).toEqual([0, 1])
    await expect(small.allocateIndex(anyIndex)).rejects.toMatchObject({ reason: 'PoolExhausted' })
  })

  it('gives an index again when all were used and nothing of its account is left', async () => {
    settings = testSettings(directory, { ipv4Pool: '10.90.0.0/29' })
    const small = restarted()
    const [first, second] = [await small.allocateIndex(anyIndex), await small.allocateIndex(anyIndex)]
    for (const [name, index] of Object.entries({ alice: first, bob: second }))
      await small.writeRecord(testRecord(name, { index }))
    await small.removeRecord('alice')
    const kept = join(settings.dataRoot, 'archive', 'alice-20260101T000000Z')
    await mkdir(join(kept, 'data'), { recursive: true })
    await chown(join(kept, 'data'), settings.subIdBase + 998, 0)
    const again = restarted()
    await expect(again.allocateIndex(anyIndex)).rejects.toMatchObject({ reason: 'PoolExhausted' })
    await rm(kept, { recursive: true })
    expect(await again.allocateIndex(anyIndex)).toBe(first)
    await expect(again.allocateIndex(anyIndex)).rejects.toMatchObject({ reason: 'PoolExhausted' })
  })

  it('counts no id for an index that the pool has not', async () => {
    const site = join(settings.dataRoot, 'archive', 'gone-20260101T000000Z')
    await mkdir(site, { recursive: true })
    await chown(site, 4_294_967_290, 4_294_967_290)
    expect(await restarted().allocateIndex(anyIndex)).toBe(0)
  })

  it('forgets what services had loaded with the account', async () => {
    await store.writeRecord(testRecord('alice'))
    await store.writeLoadedConfig('alice', 'nginx', 'digest')
    await store.removeRecord('alice')
    expect(await restarted().readLoadedConfig('alice')).toEqual(new Map())
  })
})
