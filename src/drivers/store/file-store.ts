import { type HostSettings, hostLayout } from '../../plan/settings.ts'
import type { Clock, Store } from '../../ports/store.ts'
import { createAllocator } from './allocator.ts'
import { createEventLog } from './event-log.ts'
import { createJsonFiles } from './json-files.ts'
import { createLoadedConfig } from './loaded-config.ts'
import { createRecords } from './records.ts'
import { createStatus } from './status.ts'

export interface FileStoreOptions {
  readonly settings: HostSettings
  readonly clock: Clock
}

const rotateBytes = 10 * 1024 * 1024
const keptEventLogs = 3

/**
 * Records, status and events as files below the state directory. Records are the operator's alone, status and events
 * are for everybody on the host to read. One process has a store at a time: see `acquireLock`.
 * Every method that takes a name throws TerminalError `InvalidName` when it can't be one, and every method that reads
 * a record throws TerminalError `RecordCorrupt` when it is damaged.
 */
export const fileStore = ({ settings, clock }: FileStoreOptions): Store => {
  const files = createJsonFiles()
  const records = createRecords(settings, files)
  const { removeLoadedConfig, ...loadedConfig } = createLoadedConfig(settings, files)
  return {
    ...records,
    ...createStatus(settings, files),
    ...createAllocator(settings, files, records),
    ...loadedConfig,
    async removeRecord(account) {
      await removeLoadedConfig(account)
      await records.removeRecord(account)
    },
    appendEvent: createEventLog({ path: hostLayout(settings).events, clock, rotateBytes, keep: keptEventLogs }),
  }
}
