#!/usr/bin/env -S node --max-semi-space-size=2 --v8-pool-size=1
import { argv, cwd, env, exit } from 'node:process'
import { Worker } from 'node:worker_threads'
import { compilePhp } from './php-module.js'
import { hostSockets } from './socket-host.js'
import { phpVersion } from './version.js'

/** Stands in for `php`, the command line: PHP runs in a thread of its own, this one holds its connections. */

const version = phpVersion(env)
const { link } = hostSockets()
const thread = new Worker(new URL('./php-thread.js', import.meta.url), {
  workerData: {
    version,
    compiled: await compilePhp(version),
    link,
    directory: cwd(),
    values: argv.slice(2),
    environment: { ...env },
  },
  transferList: [link.port],
})
thread.on('error', (error) => {
  process.stderr.write(`php: ${error.message}\n`)
  exit(255)
})
thread.on('exit', (code) => exit(code))
