import { chmodSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { decodePath, encodeHead, findScript, plainAnswer, toExecution } from './cgi.js'
import { Connection } from './connection.js'
import { demandOf, timeLimitMs } from './demand.js'

/** @typedef {import('./workers.js').Workers<import('./worker.js').PhpWorker>} PhpWorkers */

/** One pool: listens on its socket, and has its requests answered. */
export class Pool {
  #workers
  #log
  #inherited
  /** @type {Set<Connection>} */
  #connections = new Set()
  #server
  #config
  #demand
  #underWay = 0

  /**
   * @param {import('./config.js').PoolConfig} config
   * @param {PhpWorkers} workers
   * @param {Readonly<Record<string, string>>} inherited environment, for pools that do not clear it
   * @param {(chunk: Uint8Array | string) => void} log
   * @throws {Error} when the configuration has a setting that can't be given to PHP
   */
  constructor(config, workers, inherited, log) {
    this.#workers = workers
    this.#log = log
    this.#inherited = inherited
    this.#config = config
    this.#demand = demandOf(config, this.#inherited)
    this.#server = createServer((socket) => this.#accept(socket))
  }

  /** Of the interpreters of this pool. */
  get key() {
    return this.#demand.key
  }

  get isBusy() {
    return this.#underWay > 0
  }

  /** @returns {Promise<void>} */
  async listen() {
    const { listen, listenMode, backlog } = this.#config
    if (!listen.startsWith('/')) {
      const [, host, port] = /^(?:(.*):)?(\d+)$/.exec(listen) ?? []
      return listening(this.#server, { port: Number(port), ...(host === undefined ? {} : { host }), backlog })
    }
    const path = decodePath(listen)
    if (await answers(path)) throw new Error(`pool ${this.#config.name}: something else listens on ${path}`)
    rmSync(path, { force: true })
    await listening(this.#server, { path, backlog })
    chmodSync(path, listenMode ?? 0o660)
  }

  /**
   * Takes another configuration of the same address.
   * @param {import('./config.js').PoolConfig} config
   */
  configure(config) {
    const demand = demandOf(config, this.#inherited)
    this.#config = config
    this.#demand = demand
    if (config.listen.startsWith('/')) chmodSync(decodePath(config.listen), config.listenMode ?? 0o660)
  }

  /** Listens no more; requests that came already are still answered. */
  close() {
    this.#server.close()
    for (const connection of this.#connections) connection.close()
  }

  /** @param {import('node:net').Socket} socket */
  #accept(socket) {
    const connection = new Connection(socket, (request, answer) => {
      this.#underWay += 1
      void this.#respond(request, answer)
        .catch((error) => {
          this.#log(`pool ${this.#config.name}: ${error.message}\n`)
          answer.abort()
        })
        .finally(() => {
          this.#underWay -= 1
        })
    })
    this.#connections.add(connection)
    socket.on('close', () => this.#connections.delete(connection))
  }

  /**
   * @param {import('./connection.js').FastCgiRequest} request
   * @param {import('./connection.js').Answer} answer
   */
  async #respond({ parameters, body }, answer) {
    const { pingPath, pingResponse, extensions, directory } = this.#config
    if (pingPath !== undefined && parameters.get('SCRIPT_NAME') === pingPath) {
      // An interpreter has to be there, and free: a socket that is open says nothing.
      const isReady = await this.#workers.lend(this.#demand, (worker) => worker.ready)
      answer.write(isReady ? plainAnswer(200, pingResponse) : plainAnswer(500, 'PHP does not start.\n'))
      return answer.end()
    }
    const script = findScript(parameters, extensions)
    if ('status' in script) {
      this.#log(`${script.status} for ${parameters.get('SCRIPT_FILENAME') ?? 'no script'}\n`)
      answer.write(plainAnswer(script.status, script.message))
      return answer.end()
    }
    await this.#workers.lend(this.#demand, async (worker) => {
      if (answer.isWanted()) await this.#execute(worker, toExecution(parameters, script, body, directory), answer)
    })
  }

  /**
   * @param {import('./worker.js').PhpWorker} worker
   * @param {import('./interpreter.js').Execution} execution
   * @param {import('./connection.js').Answer} answer
   */
  async #execute(worker, execution, answer) {
    let isBegun = false
    const outcome = await worker.run(
      execution,
      {
        head: (head) => {
          isBegun = true
          answer.write(encodeHead(head))
        },
        body: answer.write,
        log: this.#log,
      },
      timeLimitMs(this.#config),
    )
    if (outcome === 'done') return answer.end()
    this.#log(`the interpreter ${outcome === 'killed' ? 'took too long' : 'died'} at ${execution.script}\n`)
    if (isBegun) return answer.abort()
    answer.write(
      outcome === 'killed' ? plainAnswer(504, 'The script took too long.\n') : plainAnswer(500, 'PHP has failed.\n'),
    )
    answer.end()
  }
}

/** @param {import('node:net').Server} server @param {import('node:net').ListenOptions} options @returns {Promise<void>} */
const listening = (server, options) =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(options, () => {
      server.off('error', reject)
      resolve()
    })
  })

/** @param {string} path @returns {Promise<boolean>} */
const answers = (path) =>
  new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
