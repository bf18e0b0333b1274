import { statSync } from 'node:fs'
import { STATUS_CODES } from 'node:http'
import { dirname } from 'node:path'
import { isVisible } from './host-files.js'

/**
 * Between FastCGI's parameters and PHP: which script a request is for, what `$_SERVER` says, how an answer's head is written.
 */

/** @typedef {ReadonlyMap<string, string>} Parameters names and values of one character per byte */
/** @typedef {{ readonly path: string, readonly name: string, readonly pathInfo: string }} Script */
/** @typedef {{ readonly status: number, readonly message: string }} Refusal */

const NOT_FOUND = { status: 404, message: 'File not found.\n' }
const FORBIDDEN = { status: 403, message: 'Access denied.\n' }

/** @param {string} bytes one character per byte */
export const decodePath = (bytes) => Buffer.from(bytes, 'latin1').toString()

/**
 * Finds the script as PHP-FPM does: what follows an existing file is `PATH_INFO`, even when the web server did not split it off.
 * @param {Parameters} parameters
 * @param {readonly string[]} extensions the only ones; none for any
 * @returns {Script | Refusal}
 */
export const findScript = (parameters, extensions) => {
  for (const value of parameters.values()) if (value.includes('\0')) return { status: 400, message: 'Bad request.\n' }
  const asked = scriptFileName(parameters.get('SCRIPT_FILENAME') ?? '')
  const path = existingPart(asked)
  if (path === undefined || !isVisible(path)) return NOT_FOUND
  if (extensions.length > 0 && !extensions.some((extension) => path.endsWith(extension))) return FORBIDDEN
  const rest = asked.slice(path.length)
  const name = parameters.get('SCRIPT_NAME') ?? path
  if (rest === '') return { path, name, pathInfo: parameters.get('PATH_INFO') ?? '' }
  return { path, name: name.endsWith(rest) ? name.slice(0, -rest.length) : name, pathInfo: rest }
}

/**
 * Apache's proxy module says where it sends the request to before the path, and may repeat the query after it.
 * @param {string} value
 */
const scriptFileName = (value) => {
  const proxied = /^proxy:(?:fcgi|balancer):\/\/[^/]*(\/[^?]*)/.exec(value)?.[1]
  return proxied ?? value
}

/** @param {string} asked @returns {string | undefined} */
const existingPart = (asked) => {
  for (let path = asked; path.startsWith('/') && path !== '/'; path = dirname(path)) {
    const type = typeOf(decodePath(path))
    if (type === 'file') return path
    if (type === 'other') return undefined
  }
  return undefined
}

/** @param {string} path */
const typeOf = (path) => {
  try {
    return statSync(path).isFile() ? 'file' : 'other'
  } catch {
    // Missing, below a file, or not to be looked at: the directories above it tell.
    return 'none'
  }
}

/**
 * @param {Parameters} parameters
 * @param {Script} script
 * @param {import('./connection.js').FastCgiRequest['body']} body
 * @param {string | undefined} directory of the pool
 * @returns {import('./interpreter.js').Execution}
 */
export const toExecution = (parameters, script, body, directory) => {
  const server = new Map(parameters)
  server.set('SCRIPT_FILENAME', script.path)
  server.set('SCRIPT_NAME', script.name)
  server.set('PHP_SELF', script.name + script.pathInfo)
  server.set('HTTP_HOST', parameters.get('HTTP_HOST') ?? parameters.get('SERVER_NAME') ?? '')
  if (script.pathInfo !== '') {
    server.set('PATH_INFO', script.pathInfo)
    server.set('PATH_TRANSLATED', (parameters.get('DOCUMENT_ROOT') ?? '') + script.pathInfo)
  }
  for (const [name, value] of basicCredentials(parameters.get('HTTP_AUTHORIZATION') ?? '')) server.set(name, value)
  return {
    script: script.path,
    directory: directory ?? dirname(script.path),
    method: parameters.get('REQUEST_METHOD') ?? 'GET',
    uri: parameters.get('REQUEST_URI') ?? script.name,
    query: parameters.get('QUERY_STRING') ?? '',
    contentType: parameters.get('CONTENT_TYPE') || undefined,
    cookies: parameters.get('HTTP_COOKIE'),
    body,
    server: [...server],
  }
}

/** @param {string} authorization @returns {ReadonlyArray<readonly [string, string]>} */
const basicCredentials = (authorization) => {
  const encoded = /^basic\s+(\S+)$/i.exec(authorization)?.[1]
  if (encoded === undefined) return []
  const [, user, password] = /^([^:]*):([\s\S]*)$/.exec(Buffer.from(encoded, 'base64').toString('latin1')) ?? []
  return user === undefined || password === undefined
    ? []
    : [
        ['PHP_AUTH_USER', user],
        ['PHP_AUTH_PW', password],
      ]
}

/** @param {import('./interpreter.js').ResponseHead} head */
export const encodeHead = ({ status, headers }) => {
  const hasStatus = headers.some((header) => /^status:/i.test(header))
  const line = status === 200 || hasStatus ? [] : [`Status: ${status} ${STATUS_CODES[status] ?? ''}`.trim()]
  return Buffer.from([...line, ...headers, '', ''].join('\r\n'), 'latin1')
}

/** @param {number} status @param {string} text */
export const plainAnswer = (status, text) =>
  Buffer.concat([
    encodeHead({ status, headers: ['Content-type: text/plain; charset=UTF-8', 'Cache-Control: no-store'] }),
    Buffer.from(text, 'latin1'),
  ])
