import { join } from 'node:path'
import { type HostSettings, hostLayout } from '../../plan/settings.ts'
import type { Store } from '../../ports/store.ts'
import type { JsonFiles } from './json-files.ts'
import { checkKind, checkName, forStatus, renderJson, suffix } from './layout.ts'

/** A damaged file is a lost one: it is derived, and written again. */
const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Status files. */
export const createStatus = (
  settings: HostSettings,
  files: JsonFiles,
): Pick<Store, 'writeStatus' | 'readStatus' | 'removeStatus'> => {
  const { status: directory } = hostLayout(settings)
  const directoryOf = (kind: string) => join(directory, `${checkKind(kind).toLowerCase()}s`)
  const pathOf = (kind: string, name: string) => join(directoryOf(kind), `${checkName(name)}${suffix}`)
  return {
    writeStatus: async (kind, name, status) => files.write(pathOf(kind, name), renderJson(status), forStatus(settings)),
    async readStatus(kind, name) {
      const text = await files.read(pathOf(kind, name))
      return text === undefined ? undefined : parse(text)
    },
    removeStatus: async (kind, name) => files.remove(pathOf(kind, name)),
  }
}
