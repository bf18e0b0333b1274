import { mkdir } from 'node:fs/promises'
import { type HostSettings, tenantLayout } from '../../plan/settings.ts'
import type { Store } from '../../ports/store.ts'
import type { JsonFiles, WriteOptions } from './json-files.ts'
import { checkName, renderJson } from './layout.ts'

const forRunFiles: WriteOptions = {
  mode: 0o644,
  durability: 'lazy',
  async ensureDirectory(path) {
    await mkdir(path, { recursive: true, mode: 0o711 })
  },
}

const isEntry = (entry: [string, unknown]): entry is [string, string] => typeof entry[1] === 'string'

/** A damaged file says nothing: the services get their configuration once more. */
const parse = (text: string): Map<string, string> => {
  try {
    const value: unknown = JSON.parse(text)
    return new Map(typeof value === 'object' && value !== null ? Object.entries(value).filter(isEntry) : [])
  } catch {
    return new Map()
  }
}

/** What services have loaded, in the run directory: it ends with the boot, as they do. */
export const createLoadedConfig = (settings: HostSettings, files: JsonFiles) => {
  /** The write that is under way: services of an account share a file. */
  let last: Promise<unknown> = Promise.resolve()
  const pathOf = (account: string) => tenantLayout(settings, checkName(account)).loadedConfig

  const readLoadedConfig: Store['readLoadedConfig'] = async (account) =>
    parse((await files.read(pathOf(account))) ?? '{}')

  const write = async (account: string, service: string, digest: string): Promise<void> => {
    const loaded = new Map([...(await readLoadedConfig(account)), [checkName(service), digest]])
    await files.write(pathOf(account), renderJson(Object.fromEntries(loaded)), forRunFiles)
  }

  const writeLoadedConfig: Store['writeLoadedConfig'] = (account, service, digest) => {
    const written = last.then(() => write(account, service, digest))
    last = written.catch(() => {})
    return written
  }

  return {
    readLoadedConfig,
    writeLoadedConfig,
    removeLoadedConfig: (account: string) => files.remove(pathOf(account)),
  }
}
