import { join } from 'node:path'
import { capacity } from '../../plan/allocation.ts'
import { type HostSettings, hostLayout } from '../../plan/settings.ts'
import { TerminalError } from '../../ports/errors.ts'
import type { IsFree, Store } from '../../ports/store.ts'
import type { JsonFiles } from './json-files.ts'
import { forRecords, renderJson } from './layout.ts'
import { parseNextIndex } from './parse-record.ts'
import { archivedIndexes, treeIndexes } from './used-indexes.ts'

type Allocator = Pick<Store, 'nextIndex' | 'allocateIndex' | 'isUnclaimed' | 'reserveIndex'>

const findFree = async (first: number, end: number, isFree: IsFree): Promise<number | undefined> => {
  for (let index = first; index < end; index++) if (await isFree(index)) return index
  return undefined
}

/**
 * Hands out indexes in their order, and when all were used, those again of which nothing is left. When its file is lost,
 * what records and kept data use is counted as used.
 */
export const createAllocator = (
  settings: HostSettings,
  files: JsonFiles,
  { readRecord, listRecords }: Pick<Store, 'readRecord' | 'listRecords'>,
): Allocator => {
  const path = join(hostLayout(settings).records, 'allocator.json')
  /** The allocation that is under way: one at a time. */
  let last: Promise<unknown> = Promise.resolve()
  /** Handed out since the start, and maybe in no record yet. */
  const given = new Set<number>()

  const recorded = async (): Promise<ReadonlySet<number>> => {
    const found = new Set<number>()
    for (const account of await listRecords()) {
      const index = (await readRecord(account))?.index
      if (index !== undefined) found.add(index)
    }
    return found
  }

  /** Of accounts, and of what former ones have left. */
  const used = async (): Promise<ReadonlySet<number>> =>
    new Set([...(await recorded()), ...(await archivedIndexes(settings)), ...(await treeIndexes(settings))])

  const rebuild = async (): Promise<number> => {
    let highest = -1
    for (const index of await used()) highest = Math.max(highest, index)
    return highest + 1
  }

  const firstUnused = async (): Promise<number> => {
    const text = await files.read(path)
    return text === undefined ? rebuild() : parseNextIndex(text, path)
  }

  const writeNext = (next: number) => files.write(path, renderJson({ next }), forRecords(settings))

  const findWiped = async (isFree: IsFree): Promise<number | undefined> => {
    const standing = await used()
    for (const index of standing) given.delete(index)
    return findFree(0, capacity(settings), async (index) => {
      return !standing.has(index) && !given.has(index) && (await isFree(index))
    })
  }

  const find = async (next: number, isFree: IsFree): Promise<number> => {
    const index = (await findFree(next, capacity(settings), isFree)) ?? (await findWiped(isFree))
    if (index !== undefined) return index
    throw new TerminalError(
      'PoolExhausted',
      `The pool ${settings.ipv4Pool} has no address left: give the host a larger one, or remove archives`,
    )
  }

  const allocate = async (isFree: IsFree): Promise<number> => {
    const next = await firstUnused()
    const index = await find(next, isFree)
    if (index >= next) await writeNext(index + 1)
    given.add(index)
    return index
  }

  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = last.then(work)
    last = done.catch(() => {})
    return done
  }

  return {
    nextIndex: async (isFree) => find(await firstUnused(), isFree),
    allocateIndex: (isFree) => inTurn(() => allocate(isFree)),
    async isUnclaimed(index) {
      return !(await recorded()).has(index) && !(await archivedIndexes(settings)).has(index)
    },
    reserveIndex: (index) =>
      inTurn(async () => {
        if (index >= (await firstUnused())) await writeNext(index + 1)
      }),
  }
}
