import { checkKind, checkName } from '../../../src/drivers/store/layout.ts'
import { capacity } from '../../../src/plan/allocation.ts'
import { TerminalError } from '../../../src/ports/errors.ts'
import type { IsFree, Store } from '../../../src/ports/store.ts'
import type { World } from './world.ts'

const writeText = (world: World, texts: Map<string, string>, key: string, text: string): boolean => {
  if (texts.get(key) === text) return false
  texts.set(key, text)
  world.writes += 1
  return true
}

const records = (world: World): Pick<Store, 'readRecord' | 'writeRecord' | 'removeRecord' | 'listRecords'> => ({
  // Copies on both ways, as a file makes them.
  async readRecord(account) {
    const record = world.records.get(checkName(account))
    return record && structuredClone(record)
  },
  async writeRecord(record) {
    const before = world.records.get(checkName(record.name))
    if (JSON.stringify(before) === JSON.stringify(record)) return false
    world.records.set(record.name, structuredClone(record))
    world.writes += 1
    return true
  },
  async removeRecord(account) {
    world.records.delete(checkName(account))
    world.tenant(account).loaded.clear()
  },
  listRecords: async () => [...world.records.keys()].sort(),
})

const indexes = (world: World): Pick<Store, 'nextIndex' | 'allocateIndex' | 'isUnclaimed' | 'reserveIndex'> => {
  const findNext = async (isFree: IsFree): Promise<number> => {
    for (let index = world.nextIndex; index < capacity(world.settings); index++) if (await isFree(index)) return index
    throw new TerminalError('PoolExhausted', `The pool ${world.settings.ipv4Pool} has no address left`)
  }
  const reserve = (index: number): void => {
    world.nextIndex = Math.max(world.nextIndex, index + 1)
  }
  let last: Promise<unknown> = Promise.resolve()
  return {
    nextIndex: findNext,
    allocateIndex(isFree) {
      const allocated = last.then(async () => {
        const index = await findNext(isFree)
        reserve(index)
        return index
      })
      last = allocated.catch(() => {})
      return allocated
    },
    isUnclaimed: async (index) => ![...world.records.values()].some((record) => record.index === index),
    reserveIndex: async (index) => reserve(index),
  }
}

const statuses = (world: World): Pick<Store, 'writeStatus' | 'readStatus' | 'removeStatus'> => {
  const keyOf = (kind: string, name: string): string => `${checkKind(kind)}/${checkName(name)}`
  return {
    writeStatus: async (kind, name, status) =>
      writeText(world, world.statuses, keyOf(kind, name), JSON.stringify(status)),
    async readStatus(kind, name) {
      const text = world.statuses.get(keyOf(kind, name))
      return text === undefined ? undefined : JSON.parse(text)
    },
    async removeStatus(kind, name) {
      world.statuses.delete(keyOf(kind, name))
    },
  }
}

export const simulatedStore = (world: World): Store => ({
  ...records(world),
  ...indexes(world),
  ...statuses(world),
  readLoadedConfig: async (account) => new Map(world.tenant(checkName(account)).loaded),
  async writeLoadedConfig(account, service, digest) {
    writeText(world, world.tenant(checkName(account)).loaded, checkName(service), digest)
  },
  async appendEvent(event) {
    world.events.push(event)
  },
})
