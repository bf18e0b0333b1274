import { writeIni } from './ini.js'

/** What a pool wants of its interpreters. */

/**
 * What PHP is told where a pool says nothing: production values, as Debian's packages of PHP have them. Like all that a pool says,
 * they are stronger than the files of `PHP_INI_SCAN_DIR`.
 */
const DEFAULTS = new Map([
  ['date.timezone', 'UTC'],
  ['display_errors', '0'],
  ['display_startup_errors', '0'],
  ['error_reporting', '22527'],
  ['html_errors', '1'],
  ['implicit_flush', '0'],
  ['log_errors', '1'],
  ['max_execution_time', '30'],
  ['max_input_time', '60'],
  ['memory_limit', '128M'],
  ['output_buffering', '4096'],
  ['register_argc_argv', '0'],
  ['session.gc_probability', '1'],
  ['session.save_path', '/tmp'],
  ['short_open_tag', '0'],
  ['upload_tmp_dir', '/tmp'],
  ['allow_url_fopen', '1'],
])
/** PHP counts the time that it computes, this front all that passes: a script may take this much longer, in milliseconds. */
const GRACE_MS = 5_000
/** What an interpreter may hold that PHP does not count: itself, and what lies between its blocks. */
const BEYOND_LIMIT = 64 * 1024 * 1024
const UNIT = new Map([
  ['', 1],
  ['K', 1024],
  ['M', 1024 ** 2],
  ['G', 1024 ** 3],
])
/** Tells PHP where further settings are, whatever else a pool clears. */
const INI_DIRECTORY = 'PHP_INI_SCAN_DIR'

/** @param {import('./config.js').PoolConfig} config */
const settingsOf = (config) => {
  const settings = new Map([...DEFAULTS, ...config.settings])
  // Without it PHP logs to standard error, which is where the log of the container is.
  if (/^(\/proc\/self\/fd\/2|\/dev\/stderr)$/.test(settings.get('error_log') ?? '')) settings.delete('error_log')
  return settings
}

/**
 * @param {import('./config.js').PoolConfig} config
 * @param {Readonly<Record<string, string>>} inherited environment, for pools that do not clear it
 * @returns {import('./workers.js').Demand}
 * @throws {Error} when there is a setting that can't be given to PHP
 */
export const demandOf = (config, inherited) => {
  const { name, maxChildren, maxRequests, idleTimeoutMs, clearEnvironment } = config
  const kept = Object.entries(inherited).filter(([variable]) => !clearEnvironment || variable === INI_DIRECTORY)
  const php = settingsOf(config)
  const settings = {
    ini: writeIni(php),
    environment: Object.fromEntries([...kept, ...config.environment]),
    memoryBytes: parseSize(php.get('memory_limit') ?? '') + BEYOND_LIMIT,
  }
  return { key: JSON.stringify([name, settings]), maxChildren, maxRequests, idleTimeoutMs, settings }
}

/**
 * @param {import('./config.js').PoolConfig} config
 * @returns {number} what a request may take; 0 for as long as it likes
 */
export const timeLimitMs = (config) => {
  if (config.terminateTimeoutMs > 0) return config.terminateTimeoutMs
  const seconds = Number.parseInt(settingsOf(config).get('max_execution_time') ?? '0', 10)
  return seconds > 0 ? seconds * 1000 + GRACE_MS : 0
}

/**
 * A size as php.ini has it; without a limit, what the interpreter can have at most.
 * @param {string} text
 */
const parseSize = (text) => {
  const [, amount, unit] = /^(\d+)([KMG]?)$/i.exec(text) ?? []
  return amount === undefined ? 2 ** 31 - BEYOND_LIMIT : Number(amount) * (UNIT.get((unit ?? '').toUpperCase()) ?? 1)
}
