import { isOn, parseIni } from './ini.js'

/**
 * One `[name]` section.
 * @typedef {object} PoolConfig
 * @property {string} name
 * @property {string} listen path of a Unix socket, a port, or `address:port`
 * @property {number | undefined} listenMode permissions of the Unix socket
 * @property {number} backlog
 * @property {string | undefined} pingPath
 * @property {string} pingResponse
 * @property {number} maxChildren
 * @property {number} maxRequests after which an interpreter is replaced; 0 for never
 * @property {number} idleTimeoutMs
 * @property {number} terminateTimeoutMs 0 for by `max_execution_time`
 * @property {readonly string[]} extensions the only ones of scripts; none for any
 * @property {string | undefined} directory that scripts begin in; their own otherwise
 * @property {boolean} clearEnvironment
 * @property {ReadonlyArray<readonly [string, string]>} environment
 * @property {ReadonlyArray<readonly [string, string]>} settings of php.ini, the later the stronger
 */

/**
 * @typedef {object} FpmConfig
 * @property {number} controlTimeoutMs how long requests under way may take once the end is asked for; 0 for as long as they like
 * @property {readonly PoolConfig[]} pools
 */

/**
 * Reads files for the parser.
 * @typedef {object} ConfigFiles
 * @property {(path: string) => string} read
 * @property {(pattern: string) => readonly string[]} list paths that match, in order; `*` stands for any part of one name
 */

/** @typedef {import('./ini.js').IniEntry & { readonly path: string }} PlacedEntry */

/**
 * Reads a `php-fpm.conf` with all that it includes. Settings that only processes of the real PHP-FPM have a use for are passed over.
 * @param {string} path
 * @param {ConfigFiles} files
 * @returns {FpmConfig}
 * @throws {Error} that names file and line, or the pool
 */
export const readConfig = (path, files) => {
  const entries = readEntries(path, files, '')
  const names = new Set(entries.map(({ section }) => section).filter((name) => name !== '' && name !== 'global'))
  const pools = [...names].map((name) =>
    parsePool(
      name,
      entries.filter(({ section }) => section === name),
    ),
  )
  if (pools.length === 0) throw new Error(`${path}: no pool is defined`)
  const taken = new Set()
  for (const { listen, name } of pools) {
    if (taken.has(listen)) throw new Error(`pool ${name}: another pool listens on ${listen} already`)
    taken.add(listen)
  }
  const control = entries.find(({ section, key }) => section === 'global' && key === 'process_control_timeout')
  return { controlTimeoutMs: control === undefined ? 0 : parseTime(control), pools }
}

/**
 * @param {string} path
 * @param {ConfigFiles} files
 * @param {string} section that the including file is in
 * @returns {PlacedEntry[]}
 */
const readEntries = (path, files, section) =>
  parseIni(files.read(path), path).flatMap((entry) => {
    const placed = { ...entry, section: entry.section === '' ? section : entry.section, path }
    if (entry.key !== 'include') return [placed]
    return files.list(entry.value).flatMap((included) => readEntries(included, files, placed.section))
  })

/**
 * @param {string} name
 * @param {readonly PlacedEntry[]} entries
 * @returns {PoolConfig}
 */
const parsePool = (name, entries) => {
  /** @param {string} key */
  const find = (key) => entries.findLast((entry) => entry.key === key)
  /** @param {string} key @param {number} otherwise */
  const time = (key, otherwise) => mapped(find(key), parseTime) ?? otherwise
  /** @param {string} key @param {number} otherwise */
  const count = (key, otherwise) => mapped(find(key), parseCount) ?? otherwise
  const listen = find('listen')?.value
  if (listen === undefined) throw new Error(`pool ${name}: says nowhere to listen`)
  return {
    name,
    listen,
    listenMode: mapped(find('listen.mode'), parseMode),
    backlog: count('listen.backlog', 511),
    pingPath: find('ping.path')?.value,
    pingResponse: find('ping.response')?.value ?? 'pong',
    maxChildren: Math.max(1, count('pm.max_children', 5)),
    maxRequests: count('pm.max_requests', 0),
    idleTimeoutMs: time('pm.process_idle_timeout', 10_000),
    terminateTimeoutMs: time('request_terminate_timeout', 0),
    extensions: (find('security.limit_extensions')?.value ?? '.php').split(/[\s,]+/).filter((part) => part !== ''),
    directory: find('chdir')?.value,
    clearEnvironment: isOn(find('clear_env')?.value ?? 'yes'),
    environment: entries.flatMap(keyed('env')),
    settings: ['php_value', 'php_flag', 'php_admin_value', 'php_admin_flag'].flatMap((kind) =>
      entries.flatMap(keyed(kind)).map(([key, value]) => setting(kind, key, value)),
    ),
  }
}

/**
 * @param {string} kind
 * @returns {(entry: PlacedEntry) => ReadonlyArray<readonly [string, string]>}
 */
const keyed =
  (kind) =>
  ({ key, value }) => {
    const name = key.startsWith(`${kind}[`) && key.endsWith(']') ? key.slice(kind.length + 1, -1) : ''
    return name === '' ? [] : [[name, value]]
  }

/**
 * @param {string} kind
 * @param {string} key
 * @param {string} value
 * @returns {readonly [string, string]}
 */
const setting = (kind, key, value) => [key, kind.endsWith('_flag') ? (isOn(value) ? '1' : '0') : value]

/**
 * @template T
 * @param {PlacedEntry | undefined} entry
 * @param {(entry: PlacedEntry) => T} parse
 */
const mapped = (entry, parse) => (entry === undefined ? undefined : parse(entry))

/** @param {PlacedEntry} entry */
const parseMode = (entry) => {
  if (!/^[0-7]{3,4}$/.test(entry.value)) throw mistake(entry, 'not a mode such as 0660')
  return Number.parseInt(entry.value, 8)
}

/** @param {PlacedEntry} entry */
const parseCount = (entry) => {
  if (!/^-?\d+$/.test(entry.value)) throw mistake(entry, 'not a number')
  return Number(entry.value)
}

const UNIT_MS = new Map([
  ['', 1000],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
])

/** @param {PlacedEntry} entry */
const parseTime = (entry) => {
  const [, amount, unit] = /^(\d+)([smhd]?)$/.exec(entry.value) ?? []
  const factor = UNIT_MS.get(unit ?? '-')
  if (factor === undefined) throw mistake(entry, 'not a time such as 10s')
  return Number(amount) * factor
}

/** @param {PlacedEntry} entry @param {string} message */
const mistake = ({ path, line, key, value }, message) => new Error(`${path}:${line}: ${key} = ${value}: ${message}`)
