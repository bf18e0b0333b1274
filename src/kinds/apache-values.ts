/**
 * Values in a configuration of httpd. Each function gives one parameter, quoted; none gives what ends a line or a quote,
 * and none leaves a `${NAME}`, which httpd replaces wherever it stands (ap_resolve_env in server/core.c).
 */

/** Is defined as `$`, so that `${NAME}` can be told from a text that looks like it. */
export const DOLLAR = 'palisade_dollar'

/** @throws Error on control characters, which have no business in a configuration; the schema refuses them before. */
const printable = (value: string): string => {
  if (/\p{Cc}/u.test(value)) throw new Error(`not a value for httpd: ${JSON.stringify(value)}`)
  return value
}

const quote = (value: string): string =>
  `"${value
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('${', () => `\${${DOLLAR}}{`)}"`

/** For directives that take the text as it is. */
export const apacheText = (value: string): string => quote(printable(value))

/** A file or directory, where httpd would read wildcards. */
export const apachePath = (path: string): string => {
  if (!/^[A-Za-z0-9._/|:-]+$/.test(path)) throw new Error(`not a path for httpd: ${JSON.stringify(path)}`)
  return `"${path}"`
}

/**
 * The value of a header, where mod_headers reads `%` and `\`, and what begins with `expr=` as an expression. A space
 * before it is no part of a value (RFC 9110, section 5.5).
 */
export const apacheHeader = (value: string): string => {
  const format = printable(value).replaceAll('\\', '\\\\').replaceAll('%', '%%')
  return quote(/^expr=/i.test(format) ? ` ${format}` : format)
}

const hex = (byte: number): string => `\\x${byte.toString(16).padStart(2, '0')}`

/** A regular expression that matches the whole path. mod_rewrite knows no escape for quotes, so it gets numbers. */
export const rewritePattern = (path: string): string => {
  const bytes = [...Buffer.from(printable(path))]
  return `"^${bytes.map((byte) => (/[A-Za-z0-9/_-]/.test(String.fromCharCode(byte)) ? String.fromCharCode(byte) : hex(byte))).join('')}$"`
}

/** Where a rule leads to. What no address may hold is written in hexadecimal, the rest is kept from mod_rewrite. */
export const rewriteTarget = (prefix: string, address: string): string => {
  const encoded = printable(address).replace(/[^A-Za-z0-9._~!'()*,;=:@%/?&#[\]+$-]/gu, encodeURIComponent)
  return `"${prefix}${encoded.replace(/[$%]/g, '\\$&')}"`
}
