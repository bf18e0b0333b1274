import { readSync, writeSync } from 'node:fs'
import { exit } from 'node:process'
import { workerData } from 'node:worker_threads'
import { isVisible, mountHostFiles } from './host-files.js'
import { instantiatePhp } from './php-module.js'
import { Sockets } from './sockets.js'

/**
 * Runs the command line of PHP once, and ends the thread with its exit code.
 * @typedef {object} CommandLine
 * @property {string} version
 * @property {WebAssembly.Module} compiled
 * @property {import('./sockets.js').SocketLink} link
 * @property {string} directory
 * @property {readonly string[]} values
 * @property {Readonly<Record<string, string | undefined>>} environment
 */

const PIECE = 16 * 1024
const LINE_FEED = 10
/** As far as it can go: the command line has no limit of its own. */
const MEMORY = 2 ** 31

/** @param {number} descriptor */
const reader = (descriptor) => {
  const buffer = Buffer.alloc(PIECE)
  let position = 0
  let end = 0
  /** @returns {number | null} a byte; null at the end */
  return () => {
    if (position === end) {
      end = readSync(descriptor, buffer)
      position = 0
    }
    return position === end ? null : buffer.readUInt8(position++)
  }
}

/** @param {number} descriptor */
const writer = (descriptor) => {
  const buffer = Buffer.alloc(PIECE)
  let length = 0
  const flush = () => {
    for (let start = 0; start < length; ) start += writeSync(descriptor, buffer, start, length - start)
    length = 0
  }
  /** @param {number | null} byte null for a flush */
  const put = (byte) => {
    if (byte !== null) length = buffer.writeUInt8(byte & 0xff, length)
    if (byte === null || byte === LINE_FEED || length === PIECE) flush()
  }
  return { put, flush }
}

/** @type {CommandLine} */
const { version, compiled, link, directory, values, environment } = workerData
const sockets = new Sockets(link)
const output = writer(1)
const errors = writer(2)
const php = await instantiatePhp(version, compiled, {
  environment,
  memoryLimit: () => MEMORY,
  sockets,
  streams: {
    stdin: reader(0),
    stdout: output.put,
    stderr: errors.put,
    /** @param {number} status */
    quit: (status) => {
      output.flush()
      errors.flush()
      exit(status)
    },
  },
})
mountHostFiles(php.FS)
php.FS.chdir(isVisible(`${directory}/`) ? directory : '/')
for (const value of ['php', ...values]) php.ccall('wasm_add_cli_arg', null, ['string'], [value])
php.ccall('run_cli', 'number', [], [])
