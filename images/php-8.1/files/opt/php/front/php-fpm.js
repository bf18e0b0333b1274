#!/usr/bin/env -S node --max-semi-space-size=2 --v8-pool-size=1
import { readdirSync, readFileSync } from 'node:fs'
import { totalmem } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { env, exit, stderr, stdout } from 'node:process'
import { parseArgs } from 'node:util'
import { Fpm } from './fpm.js'
import { compilePhp } from './php-module.js'
import { phpVersion } from './version.js'
import { PhpWorker } from './worker.js'
import { Workers } from './workers.js'

/** Stands in for `php-fpm`: the same options, signals and configuration, as far as `config.js` knows it. */

const MEBIBYTE = 1024 * 1024
/** What the front and the code of PHP hold, and what a check of health needs beside them. */
const BASE = 128 * MEBIBYTE
/** What one interpreter holds that runs an ordinary page. */
const PER_WORKER = 40 * MEBIBYTE

/** @type {import('./config.js').ConfigFiles} */
const files = {
  read: (path) => readFileSync(path, 'latin1'),
  list: (pattern) => {
    const name = new RegExp(
      `^${basename(pattern)
        .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
        .replaceAll('*', '.*')}$`,
    )
    return readdirSync(dirname(pattern))
      .filter((entry) => name.test(entry))
      .sort()
      .map((entry) => join(dirname(pattern), entry))
  },
}

const availableMemory = () => {
  const limit = process.constrainedMemory() ?? 0
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem()
}

/** @param {string} version @param {WebAssembly.Module} compiled */
const makeWorkers = (version, compiled) =>
  new Workers(
    {
      start: ({ settings }, onExit) => new PhpWorker(version, compiled, settings, onExit),
      stop: (/** @type {PhpWorker} */ worker) => worker.stop(),
      isWorn: (/** @type {PhpWorker} */ worker) => worker.isLarge,
    },
    Math.max(1, Math.floor((availableMemory() - BASE) / PER_WORKER)),
  )

/** @param {Uint8Array | string} chunk */
const log = (chunk) => {
  stderr.write(chunk)
}

const { values: options } = parseArgs({
  options: {
    'fpm-config': { type: 'string', short: 'y', default: '/usr/local/etc/php-fpm.conf' },
    nodaemonize: { type: 'boolean', short: 'F' },
    'force-stderr': { type: 'boolean', short: 'O' },
    'allow-to-run-as-root': { type: 'boolean', short: 'R' },
    version: { type: 'boolean', short: 'v' },
  },
})
const version = phpVersion(env)
if (options.version) {
  stdout.write(`PHP ${version} (fpm-fcgi), by WebAssembly\n`)
  exit(0)
}

const fpm = new Fpm({
  configPath: options['fpm-config'],
  files,
  workers: makeWorkers(version, await compilePhp(version)),
  environment: Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  ),
  log,
})

/** One after the other: a signal during a reload leads to another. */
let loading = fpm.load()
process.on('SIGUSR2', () => {
  loading = loading
    .then(() => fpm.load())
    .catch((error) => log(`the configuration stays as it was: ${error.message}\n`))
})
process.on('SIGQUIT', () => {
  void fpm.end().then(() => exit(0))
})
for (const signal of /** @type {const} */ (['SIGTERM', 'SIGINT'])) process.on(signal, () => exit(0))
await loading.catch((error) => {
  log(`php-fpm: ${error.message}\n`)
  exit(78)
})
