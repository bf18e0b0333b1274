import { join } from 'node:path'
import { type HostSettings, hostLayout } from '../../plan/settings.ts'
import type { AccountRecord, Store } from '../../ports/store.ts'
import type { JsonFiles } from './json-files.ts'
import { checkName, forRecords, listNames, renderJson, suffix } from './layout.ts'
import { parseRecord } from './parse-record.ts'

/** Records of accounts: root's alone, on the disk before a write returns. */
export const createRecords = (
  settings: HostSettings,
  files: JsonFiles,
): Pick<Store, 'readRecord' | 'writeRecord' | 'removeRecord' | 'listRecords'> => {
  const directory = join(hostLayout(settings).records, 'accounts')
  const pathOf = (account: string): string => join(directory, `${checkName(account)}${suffix}`)

  const readRecord = async (account: string): Promise<AccountRecord | undefined> => {
    const path = pathOf(account)
    const text = await files.read(path)
    return text === undefined ? undefined : parseRecord(text, path, account)
  }

  return {
    readRecord,
    writeRecord: async (record) => files.write(pathOf(record.name), renderJson(record), forRecords(settings)),
    removeRecord: async (account) => files.remove(pathOf(account)),
    listRecords: () => listNames(directory),
  }
}
