import type { ResourceId, ResourceType } from '../../plan/steps.ts'
import { TerminalError } from '../../ports/errors.ts'
import type { AccountRecord, DataVersions } from '../../ports/store.ts'

// An object, so that a type of resource that is missing here does not compile.
const resourceTypes: Record<ResourceType, true> = {
  user: true,
  tree: true,
  directory: true,
  file: true,
  secret: true,
  site: true,
  cgroup: true,
  quota: true,
  sandbox: true,
  policy: true,
  nic: true,
  shaper: true,
  engine: true,
  context: true,
  image: true,
  network: true,
  container: true,
  config: true,
  schema: true,
  route: true,
  zone: true,
}

const isText = (value: unknown): value is string => typeof value === 'string'

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0

const isResourceId = (value: unknown): value is ResourceId =>
  isText(value) && value.includes('/') && Object.hasOwn(resourceTypes, value.slice(0, value.indexOf('/')))

const isListOf =
  <T>(isItem: (value: unknown) => value is T) =>
  (value: unknown): value is T[] =>
    Array.isArray(value) && value.every(isItem)

const areVersions = (value: unknown): value is DataVersions =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && Object.values(value).every(isText)

const isOptionalText = (value: unknown): value is string | undefined => value === undefined || isText(value)

const isAnything = (value: unknown): value is unknown => value !== undefined

// One check per field, so that a field that is missing here does not compile.
const checks: { [F in keyof Required<AccountRecord>]: (value: unknown) => value is AccountRecord[F] } = {
  name: isText,
  index: isCount,
  generation: isCount,
  spec: isAnything,
  resolved: isAnything,
  hosts: isListOf(isText),
  inventory: isListOf(isResourceId),
  dataVersions: areVersions,
  convergedGeneration: isCount,
  deletionTimestamp: isOptionalText,
}

/** The names of the fields that are missing or of a wrong type. */
const wrongFields = (value: object): string[] =>
  Object.entries(checks)
    .filter(([field, check]) => !check(Reflect.get(value, field)))
    .map(([field]) => field)

const isRecord = (value: unknown): value is AccountRecord =>
  typeof value === 'object' && value !== null && wrongFields(value).length === 0

const corrupt = (path: string, what: string, options?: ErrorOptions): TerminalError =>
  new TerminalError('RecordCorrupt', `${path} ${what}; restore it from a backup`, options)

/** @throws TerminalError `RecordCorrupt` when it is no JSON; `path` is what the message names. */
const parseJson = (text: string, path: string): unknown => {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw corrupt(path, 'is not JSON', { cause })
  }
}

/** @throws TerminalError `RecordCorrupt` when it is not the record of `account`. */
export const parseRecord = (text: string, path: string, account: string): AccountRecord => {
  const value = parseJson(text, path)
  if (!isRecord(value)) {
    const fields = typeof value === 'object' && value !== null ? wrongFields(value).join(', ') : 'everything'
    throw corrupt(path, `is no record of an account: wrong or missing: ${fields}`)
  }
  if (value.name !== account) throw corrupt(path, `holds the record of ${JSON.stringify(value.name)}`)
  return value
}

/** @throws TerminalError `RecordCorrupt` */
export const parseNextIndex = (text: string, path: string): number => {
  const value = parseJson(text, path)
  if (typeof value === 'object' && value !== null && 'next' in value && isCount(value.next)) return value.next
  throw corrupt(path, 'does not say which index comes next (when it is removed, it is made anew from what is in use)')
}
