import { chown, mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { allocateIndex } from '../../src/control/allocate-index.ts'
import { createUsers, userMark } from '../../src/drivers/host/users.ts'
import { fileStore } from '../../src/drivers/store/file-store.ts'
import { allocationOf, SUBORDINATE_IDS } from '../../src/plan/allocation.ts'
import { hostLayout } from '../../src/plan/settings.ts'
import { TerminalError } from '../../src/ports/errors.ts'
import type { Nics } from '../../src/ports/host.ts'
import { testRecord } from '../contract/store.ts'
import { instantClock } from '../fakes/instant-clock.ts'
import { shadowTools } from '../fakes/shadow-tools.ts'
import { testSettings } from '../fixtures/host-settings.ts'

/** In place of a call that changes something, as if the process had ended there. */
class Crash extends Error {}

type Move =
  | { readonly move: 'create' | 'loseRecord'; readonly account: string; readonly crashAt: number }
  | { readonly move: 'delete'; readonly account: string; readonly crashAt: number; readonly retain: boolean }
  | { readonly move: 'restart' | 'loseAllocator' | 'removeArchives' }
  | {
      readonly move: 'foreignRange'
      readonly first: number
      readonly count: number
      readonly file: 'subuid' | 'subgid'
    }
  | { readonly move: 'foreignId'; readonly id: number; readonly file: 'passwd' | 'group' }
  | { readonly move: 'foreignInterface'; readonly index: number }

const CAPACITY = 4
const account = fc.constantFrom('alice', 'bob', 'carol', 'dave', 'erin')
/** Most moves are not cut off. */
const crashAt = fc.oneof({ weight: 2, arbitrary: fc.constant(Number.POSITIVE_INFINITY) }, fc.nat(9))

const idsOf = ({ uidBase, subIdBase }: ReturnType<typeof testSettings>) =>
  fc.oneof(
    fc.integer({ min: uidBase - 2, max: uidBase + CAPACITY + 2 }),
    fc.integer({ min: subIdBase - 9, max: subIdBase + CAPACITY * SUBORDINATE_IDS + 9 }),
  )

const moves = (ids: fc.Arbitrary<number>): fc.Arbitrary<Move[]> =>
  fc.array(
    fc.oneof(
      { weight: 6, arbitrary: fc.record({ move: fc.constant('create' as const), account, crashAt }) },
      {
        weight: 4,
        arbitrary: fc.record({ move: fc.constant('delete' as const), account, crashAt, retain: fc.boolean() }),
      },
      fc.record({ move: fc.constant('loseRecord' as const), account, crashAt }),
      fc.record({ move: fc.constantFrom('restart' as const, 'loseAllocator' as const, 'removeArchives' as const) }),
      fc.record({
        move: fc.constant('foreignRange' as const),
        first: ids,
        count: fc.integer({ min: 1, max: 3 * SUBORDINATE_IDS }),
        file: fc.constantFrom('subuid' as const, 'subgid' as const),
      }),
      fc.record({
        move: fc.constant('foreignId' as const),
        id: ids,
        file: fc.constantFrom('passwd' as const, 'group' as const),
      }),
      fc.record({ move: fc.constant('foreignInterface' as const), index: fc.nat(CAPACITY) }),
    ),
    { minLength: 5, maxLength: 40 },
  )

/** The record is lost after the tree was archived and before the user was dropped. */
const forgottenAmidDeletion: Move[] = [
  { move: 'create', account: 'alice', crashAt: Number.POSITIVE_INFINITY },
  { move: 'delete', account: 'alice', crashAt: 2, retain: true },
  { move: 'loseRecord', account: 'alice', crashAt: 0 },
  { move: 'create', account: 'alice', crashAt: Number.POSITIVE_INFINITY },
]

/** A host on which accounts come and go, with the real store and the real users on files of a directory. */
const makeHost = async (directory: string) => {
  const settings = testSettings(directory, { ipv4Pool: '10.90.0.0/28' })
  const { trees, archive, records } = hostLayout(settings)
  const etc = join(directory, 'etc')
  for (const path of [etc, trees, archive]) await mkdir(path, { recursive: true })
  const tools = shadowTools(etc)
  const clock = instantClock()
  const interfaces = new Set<string>()
  /** Ids that others had before; each with its first and the one after its last. */
  const foreign: [number, number][] = []
  let callsLeft = Number.POSITIVE_INFINITY
  let archives = 0

  const beforeChange = (): void => {
    if (callsLeft === 0) throw new Crash()
    callsLeft -= 1
  }
  const cuttable =
    <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      beforeChange()
      return call(...args)
    }
  const openStore = () => {
    const store = fileStore({ settings, clock })
    return {
      ...store,
      allocateIndex: cuttable(store.allocateIndex),
      reserveIndex: cuttable(store.reserveIndex),
      writeRecord: cuttable(store.writeRecord),
      removeRecord: cuttable(store.removeRecord),
    }
  }
  let store = openStore()
  const users = createUsers({ settings, runProgram: cuttable(tools.runProgram), clock, accountFiles: etc })
  const nics: Nics = {
    observe: async () => 'absent',
    observePool: async () => 'free',
    findOccupant: async ({ interface: name }) => (interfaces.has(name) ? name : undefined),
    attach: async () => {},
    observeTraffic: async () => 'unknown',
    detach: async () => {},
  }

  const finishDeletion = async (name: string, retain: boolean): Promise<void> => {
    const record = await store.readRecord(name)
    if (record === undefined) return
    await store.writeRecord({ ...record, deletionTimestamp: '2026-01-01T00:00:00Z' })
    beforeChange()
    const tree = join(trees, name)
    archives += 1
    if (retain && (await readdir(trees)).includes(name)) await rename(tree, join(archive, `${name}-${archives}`))
    await rm(tree, { recursive: true, force: true })
    await users.drop(name)
    await store.removeRecord(name)
  }

  const isForeign = (first: number, end: number): boolean => foreign.some(([from, to]) => from < end && first < to)

  const allocate = async (name: string): Promise<void> => {
    const hadUser = (await users.findIndex(name)) !== undefined
    const index = await allocateIndex({ ports: { store, users, nics }, settings }, name)
    const { uid, subIdBase, interface: nic } = allocationOf(settings, index)
    if (!hadUser) {
      expect(isForeign(uid, uid + 1) || isForeign(subIdBase, subIdBase + SUBORDINATE_IDS)).toBe(false)
      expect(interfaces.has(nic)).toBe(false)
    }
    await store.writeRecord(testRecord(name, { index }))
  }

  const create = async (name: string): Promise<void> => {
    if ((await store.readRecord(name))?.deletionTimestamp !== undefined) await finishDeletion(name, true)
    if ((await store.readRecord(name)) === undefined) await allocate(name)
    const record = await store.readRecord(name)
    if (record === undefined) throw new Error('the record that was written is there')
    const allocation = allocationOf(settings, record.index)
    await users.ensure(name, allocation)
    beforeChange()
    const data = join(trees, name, 'data')
    await mkdir(data, { recursive: true })
    await chown(join(trees, name), 0, allocation.gid)
    await chown(data, allocation.subIdBase + 998, allocation.gid)
  }

  const addForeign = (file: 'passwd' | 'group', id: number): void => {
    const name = `foreign${foreign.length}`
    tools.append(file, file === 'passwd' ? `${name}:x:${id}:100::/:/bin/sh` : `${name}:x:${id}:`)
    foreign.push([id, id + 1])
  }

  const play = async (it: Move): Promise<void> => {
    callsLeft = 'crashAt' in it ? it.crashAt : Number.POSITIVE_INFINITY
    switch (it.move) {
      case 'create':
        return create(it.account)
      case 'delete':
        return finishDeletion(it.account, it.retain)
      case 'loseRecord':
        return rm(join(records, 'accounts', `${it.account}.json`), { force: true })
      case 'loseAllocator':
        return rm(join(records, 'allocator.json'), { force: true })
      case 'removeArchives':
        for (const name of await readdir(archive)) await rm(join(archive, name), { recursive: true })
        return
      case 'foreignRange':
        tools.append(it.file, `foreign${foreign.length}:${it.first}:${it.count}`)
        foreign.push([it.first, it.first + it.count])
        return
      case 'foreignId':
        return addForeign(it.file, it.id)
      case 'foreignInterface':
        interfaces.add(`${settings.interfacePrefix}${it.index}`)
        return
      case 'restart':
        store = openStore()
    }
  }

  /** The index of each directory, by the group that owns it, and whose it is. */
  const owners = async (directory: string): Promise<[index: number, name: string][]> =>
    Promise.all(
      (await readdir(directory)).map(async (name): Promise<[number, string]> => {
        const { gid } = await stat(join(directory, name))
        return [gid - settings.uidBase, name.replace(/-\d+$/, '')]
      }),
    )

  return {
    async play(it: Move): Promise<void> {
      try {
        await play(it)
      } catch (error) {
        if (error instanceof Crash) store = openStore()
        else if (!(error instanceof TerminalError)) throw error
      } finally {
        callsLeft = Number.POSITIVE_INFINITY
      }
    },

    /** Ranges of ids of the users that are ours, as the account files have them. */
    async ranges(): Promise<[first: number, end: number, name: string][]> {
      const mark = userMark(settings)
      const ours = tools.read('passwd').flatMap((line) => {
        const [name = '', , uid, , comment] = line.split(':')
        return comment === mark ? [{ name, uid: Number(uid) }] : []
      })
      const names = new Set(ours.map(({ name }) => name))
      const subordinate = tools.read('subuid').flatMap((line): [number, number, string][] => {
        const [name = '', first, count] = line.split(':')
        return names.has(name) ? [[Number(first), Number(first) + Number(count), name]] : []
      })
      return [...ours.map(({ name, uid }): [number, number, string] => [uid, uid + 1, name]), ...subordinate]
    },

    /** Indexes of what was kept of former accounts. */
    archived: async () => (await owners(archive)).map(([index]) => index),

    /** Indexes of accounts that are not being deleted. */
    async living(): Promise<number[]> {
      const all = await Promise.all((await store.listRecords()).map((name) => store.readRecord(name)))
      return all.flatMap((record) => (record && record.deletionTimestamp === undefined ? [record.index] : []))
    },

    /** Everything that an index has been given to and that still stands: index and name. */
    async holders(): Promise<[index: number, name: string][]> {
      const recorded = await Promise.all(
        (await store.listRecords()).map(async (name): Promise<[number, string]> => {
          const record = await store.readRecord(name)
          return [record?.index ?? -1, name]
        }),
      )
      return [...recorded, ...(await owners(trees)), ...(await owners(archive))].filter(([index]) => index >= 0)
    },
  }
}

test('ids and indexes are disjoint under any history', { timeout: 120_000 }, async () => {
  const settings = testSettings('/', { ipv4Pool: '10.90.0.0/28' })
  await fc.assert(
    fc.asyncProperty(moves(idsOf(settings)), async (history) => {
      const directory = await mkdtemp(join(tmpdir(), 'palisade-histories-'))
      try {
        const host = await makeHost(directory)
        for (const move of history) {
          await host.play(move)
          const ranges = (await host.ranges()).toSorted(([a], [b]) => a - b)
          ranges.slice(1).forEach(([first, , name], at) => {
            const [, end, other] = ranges[at] ?? [0, 0, '']
            if (name !== other) expect(first).toBeGreaterThanOrEqual(end)
          })
          const holders = new Map<number, string>()
          for (const [index, name] of await host.holders()) {
            expect([index, name]).toEqual([index, holders.get(index) ?? name])
            holders.set(index, name)
          }
          const archived = new Set(await host.archived())
          expect((await host.living()).filter((index) => archived.has(index))).toEqual([])
        }
      } finally {
        await rm(directory, { recursive: true, force: true })
      }
    }),
    { numRuns: 150, examples: [[forgottenAmidDeletion]] },
  )
})
