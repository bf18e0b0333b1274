import { randomBytes } from 'node:crypto'
import { captureFile, forgetHostFiles, mountHostFiles } from './host-files.js'
import { instantiatePhp } from './php-module.js'
import { Sockets } from './sockets.js'

/**
 * One interpreter of PHP for requests, in this thread: it runs one at a time, and the thread does nothing else meanwhile.
 */

/**
 * @typedef {object} InterpreterOptions
 * @property {string} version such as `8.1`
 * @property {WebAssembly.Module} compiled
 * @property {string} ini settings that are stronger than those of files
 * @property {Readonly<Record<string, string>>} environment
 * @property {number} memoryBytes that it may grow to, besides the body of a request
 * @property {import('./sockets.js').SocketLink} link
 */

/**
 * What to run. Strings have one character per byte.
 * @typedef {object} Execution
 * @property {string} script
 * @property {string} directory that it begins in
 * @property {string} method
 * @property {string} uri
 * @property {string} query
 * @property {string | undefined} contentType
 * @property {string | undefined} cookies
 * @property {Uint8Array} body
 * @property {ReadonlyArray<readonly [string, string]>} server entries of `$_SERVER`
 */

/**
 * @typedef {object} Output
 * @property {(head: ResponseHead) => void} head comes before the first part of the body
 * @property {(chunk: Buffer) => void} body
 * @property {(chunk: Buffer) => void} log
 */

/** @typedef {{ readonly status: number, readonly headers: readonly string[] }} ResponseHead */

/** Longer than any text that could be in memory by chance. */
const MARKER_BYTES = 32

/**
 * @param {InterpreterOptions} options
 * @returns {Promise<(execution: Execution, output: Output) => number>} runs a script to its end; the bytes that the interpreter
 * holds then, of which it gives none back
 */
export const startInterpreter = async ({ version, compiled, ini, environment, memoryBytes, link }) => {
  const sockets = new Sockets(link)
  let limit = memoryBytes
  const php = await instantiatePhp(version, compiled, { environment, memoryLimit: () => limit, sockets })
  mountHostFiles(php.FS)
  const capture = captureOutput(php.FS)
  callWithText(php, 'wasm_set_phpini_entries', `\n${ini}\n`)
  php.ccall('php_wasm_init', null, [], [])
  return (execution, output) => {
    forgetHostFiles(php.FS)
    php.FS.chdir(Buffer.from(execution.directory, 'latin1').toString())
    // The body is there twice while it is handed over.
    limit = memoryBytes + 2 * execution.body.length
    prepare(php, execution)
    capture.begin(output)
    php.ccall('wasm_sapi_handle_request', 'number', [], [])
    capture.end()
    return php.HEAPU8.length
  }
}

/**
 * The interpreter writes its output, its log and its headers to these three files.
 * @param {import('./php-module.js').FileSystem} FS
 */
const captureOutput = (FS) => {
  /** @type {Output | undefined} */
  let output
  let head = Buffer.alloc(0)
  let isHeadOut = false
  const sendHead = () => {
    if (!isHeadOut) output?.head(parseHead(head.toString('latin1')))
    isHeadOut = true
  }
  captureFile(FS, '/tmp', 'headers.json', 1, (chunk, position) => {
    head = Buffer.concat([head.subarray(0, position), chunk, head.subarray(position + chunk.length)])
  })
  captureFile(FS, '/tmp', 'stdout', 2, (chunk) => {
    sendHead()
    output?.body(chunk)
  })
  captureFile(FS, '/tmp', 'stderr', 3, (chunk) => output?.log(chunk))
  return {
    /** @param {Output} next */
    begin: (next) => {
      output = next
      head = Buffer.alloc(0)
      isHeadOut = false
    },
    end: sendHead,
  }
}

/**
 * Reads the interpreter's note of the headers: one a line, in quotes. Only quotes are escaped in it, so it is not always JSON.
 * @param {string} text
 * @returns {ResponseHead}
 */
export const parseHead = (text) => {
  const [, status, lines] = /^\{ "status": (\d+), "headers": \[([\s\S]*)\]\}\s*$/.exec(text) ?? []
  if (status === undefined || lines === undefined) return { status: 500, headers: [] }
  const quoted = lines.split('\n').flatMap((line) => /^"(.*)"[\s,]*$/.exec(line)?.[1] ?? [])
  return { status: Number(status), headers: quoted.map((header) => header.replaceAll('\\"', '"')) }
}

/** @param {import('./php-module.js').PhpModule} php @param {Execution} execution */
const prepare = (php, { script, method, uri, query, contentType, cookies, body, server }) => {
  callWithText(php, 'wasm_set_path_translated', script)
  callWithText(php, 'wasm_set_request_method', method)
  callWithText(php, 'wasm_set_request_uri', uri)
  callWithText(php, 'wasm_set_query_string', query)
  if (contentType !== undefined) callWithText(php, 'wasm_set_content_type', contentType)
  if (cookies !== undefined) callWithText(php, 'wasm_set_cookies', cookies)
  for (const [name, value] of server) callWithText(php, 'wasm_add_SERVER_entry', name, value)
  if (body.length > 0) setBody(php, body)
}

/**
 * The interpreter copies a body as text, up to its first NUL. So it gets a text of the same length, which is then found in
 * its memory and overwritten.
 * @param {import('./php-module.js').PhpModule} php
 * @param {Uint8Array} body
 */
const setBody = (php, body) => {
  const marker = randomBytes(MARKER_BYTES).toString('hex')
  const place = php._malloc(Math.max(body.length, marker.length) + 1)
  const placeholder = Buffer.alloc(Math.max(body.length, marker.length) + 1, 'x')
  placeholder.write(marker)
  placeholder[placeholder.length - 1] = 0
  php.HEAPU8.set(placeholder, place)
  php.ccall('wasm_set_request_body', null, ['number'], [place])
  php.HEAPU8.fill(0, place, place + placeholder.length)
  const memory = Buffer.from(php.HEAPU8.buffer)
  const copy = memory.indexOf(marker, 0, 'latin1')
  if (copy === -1) throw new Error('the interpreter has put the body nowhere')
  memory.set(body, copy)
  php._free(place)
  php.ccall('wasm_set_content_length', null, ['number'], [body.length])
}

/**
 * Calls a function that copies its arguments.
 * @param {import('./php-module.js').PhpModule} php
 * @param {string} name
 * @param {readonly string[]} texts
 */
const callWithText = (php, name, ...texts) => {
  const pointers = texts.map((text) => {
    const pointer = php._malloc(text.length + 1)
    php.HEAPU8.set(Buffer.from(`${text}\0`, 'latin1'), pointer)
    return pointer
  })
  php.ccall(
    name,
    null,
    pointers.map(() => 'number'),
    pointers,
  )
  for (const pointer of pointers) php._free(pointer)
}
