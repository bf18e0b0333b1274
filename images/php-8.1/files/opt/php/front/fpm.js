import { readConfig } from './config.js'
import { Pool } from './pool.js'

/**
 * @typedef {object} FpmOptions
 * @property {string} configPath
 * @property {import('./config.js').ConfigFiles} files
 * @property {import('./pool.js').PhpWorkers} workers
 * @property {Readonly<Record<string, string>>} environment
 * @property {(chunk: Uint8Array | string) => void} log
 */

/** How often it is asked whether the last request is over, in milliseconds. */
const DRAIN_INTERVAL_MS = 50

/** All pools of a configuration. */
export class Fpm {
  #options
  /** @type {Map<string, Pool>} by address */
  #pools = new Map()
  /** @type {Set<Pool>} closed, with requests under way */
  #closing = new Set()
  #controlTimeoutMs = 0

  /** @param {FpmOptions} options */
  constructor(options) {
    this.#options = options
  }

  /**
   * Makes the pools what the configuration says now: new ones listen, others take their new settings, those that are gone listen
   * no more. Nothing has changed when it throws before the first pool listens.
   * @throws {Error} when the configuration can't be read, or an address not be listened on
   */
  async load() {
    const { configPath, files, workers, environment, log } = this.#options
    const { pools, controlTimeoutMs } = readConfig(configPath, files)
    const added = pools.map((config) => ({ config, pool: new Pool(config, workers, environment, log) }))
    this.#controlTimeoutMs = controlTimeoutMs
    const addresses = new Set(pools.map(({ listen }) => listen))
    for (const [address, pool] of this.#pools) if (!addresses.has(address)) this.#close(address, pool)
    for (const { config, pool } of added) {
      const present = this.#pools.get(config.listen)
      if (present !== undefined) {
        present.configure(config)
      } else {
        await pool.listen()
        this.#pools.set(config.listen, pool)
      }
    }
    workers.retain(new Set([...this.#pools.values()].map(({ key }) => key)))
  }

  /** Listens no more, and returns when the last request is over or has had its time. */
  async end() {
    for (const [address, pool] of this.#pools) this.#close(address, pool)
    const timeout = this.#controlTimeoutMs > 0 ? this.#controlTimeoutMs : Number.POSITIVE_INFINITY
    const end = performance.now() + timeout
    while ([...this.#closing].some((pool) => pool.isBusy) && performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, DRAIN_INTERVAL_MS))
    }
  }

  /** @param {string} address @param {Pool} pool */
  #close(address, pool) {
    this.#pools.delete(address)
    this.#closing.add(pool)
    pool.close()
    for (const closed of this.#closing) if (!closed.isBusy) this.#closing.delete(closed)
  }
}
