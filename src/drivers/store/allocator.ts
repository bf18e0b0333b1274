import { join } from 'node:path'
import { capacity } from '../../plan/allocation.ts'
import { type HostSettings, hostLayout } from '../../plan/settings.ts'
import { TerminalError } from '../../ports/errors.ts'
import type { Store } from '../../ports/store.ts'
import type { JsonFiles } from './json-files.ts'
import { forRecords, renderJson } from './layout.ts'
import { parseNextIndex } from './parse-record.ts'
import { highestIndexOnDisk } from './used-indexes.ts'

/** Hands out indexes, each once for ever. When its file is lost, what records and kept data use is counted as used. */
export const createAllocator = (
  settings: HostSettings,
  files: JsonFiles,
  { readRecord, listRecords }: Pick<Store, 'readRecord' | 'listRecords'>,
): Pick<Store, 'nextIndex' | 'allocateIndex'> => {
  const path = join(hostLayout(settings).records, 'allocator.json')
  /** The allocation that is under way: one at a time. */
  let last: Promise<unknown> = Promise.resolve()

  const rebuild = async (): Promise<number> => {
    let highest = await highestIndexOnDisk(settings)
    for (const account of await listRecords()) highest = Math.max(highest, (await readRecord(account))?.index ?? -1)
    return highest + 1
  }

  const nextIndex = async (): Promise<number> => {
    const text = await files.read(path)
    const index = text === undefined ? await rebuild() : parseNextIndex(text, path)
    if (index < capacity(settings)) return index
    throw new TerminalError(
      'PoolExhausted',
      `The pool ${settings.ipv4Pool} has no address that was never used: give the host a larger one`,
    )
  }

  const allocate = async (): Promise<number> => {
    const index = await nextIndex()
    await files.write(path, renderJson({ next: index + 1 }), forRecords(settings))
    return index
  }

  return {
    nextIndex,
    allocateIndex() {
      const allocated = last.then(allocate)
      last = allocated.catch(() => {})
      return allocated
    },
  }
}
