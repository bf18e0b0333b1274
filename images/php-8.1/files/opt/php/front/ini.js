/**
 * The syntax that php.ini and php-fpm.conf share, as far as they need it here: sections, `key = value`, values in double or
 * single quotes or bare, comments after `;`.
 */

/** @typedef {{ readonly section: string, readonly key: string, readonly value: string, readonly line: number }} IniEntry */

/**
 * @param {string} text
 * @param {string} path for messages
 * @returns {IniEntry[]}
 * @throws {Error} that names file and line
 */
export const parseIni = (text, path) => {
  let section = ''
  /** @type {IniEntry[]} */
  const entries = []
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim()
    if (line === '' || line.startsWith(';') || line.startsWith('#')) continue
    const header = /^\[([^\]]+)\]\s*(;.*)?$/.exec(line)?.[1]
    if (header !== undefined) {
      section = header.trim()
      continue
    }
    const [, key, value] = /^([^=\s]+)\s*=\s*(.*)$/.exec(line) ?? []
    if (key === undefined || value === undefined)
      throw new Error(`${path}:${index + 1}: neither a section nor a setting`)
    entries.push({ section, key, value: parseValue(value, `${path}:${index + 1}`), line: index + 1 })
  }
  return entries
}

/**
 * @param {string} text
 * @param {string} place
 */
const parseValue = (text, place) => {
  if (text.startsWith('"')) {
    const quoted = /^"((?:[^"\\]|\\.)*)"\s*(;.*)?$/.exec(text)?.[1]
    if (quoted === undefined) throw new Error(`${place}: the quotes of the value do not close at its end`)
    return quoted.replace(/\\(["\\'])/g, '$1')
  }
  if (text.startsWith("'")) {
    const quoted = /^'([^']*)'\s*(;.*)?$/.exec(text)?.[1]
    if (quoted === undefined) throw new Error(`${place}: the quotes of the value do not close at its end`)
    return quoted
  }
  return text.replace(/\s*;.*$/, '')
}

/** @param {string} value */
export const isOn = (value) => ['1', 'on', 'yes', 'true'].includes(value.toLowerCase())

/**
 * Writes settings for PHP to read.
 * @param {Iterable<readonly [string, string]>} settings
 * @throws {Error} when a name or value can't be written so that PHP reads the same
 */
export const writeIni = (settings) =>
  [...settings].map(([name, value]) => `${checkedName(name)} = ${quoteValue(value, name)}\n`).join('')

/** @param {string} name */
const checkedName = (name) => {
  if (!/^[A-Za-z_][A-Za-z0-9_.-]*$/.test(name))
    throw new Error(`${JSON.stringify(name)} is not a name of a PHP setting`)
  return name
}

/**
 * Nothing is special in single quotes but the quote itself; in double quotes a dollar sign would be.
 * @param {string} value
 * @param {string} name
 */
const quoteValue = (value, name) => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what has to be refused
  if (/[\u0000\r\n]/.test(value)) throw new Error(`the value of ${name} has a line break or a NUL in it`)
  if (!value.includes("'")) return `'${value}'`
  if (value.includes('$')) throw new Error(`the value of ${name} has both a quote and a dollar sign in it`)
  return `"${value.replace(/["\\]/g, '\\$&')}"`
}
