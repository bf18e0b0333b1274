import { Worker } from 'node:worker_threads'
import { hostSockets } from './socket-host.js'

/**
 * How an execution came out: `done`; `killed` when it took too long; `died` when the interpreter did.
 * @typedef {'done' | 'killed' | 'died'} Outcome
 */

/**
 * What an interpreter is started with. Two with equal settings may stand for each other.
 * @typedef {object} WorkerSettings
 * @property {string} ini
 * @property {Readonly<Record<string, string>>} environment
 * @property {number} memoryBytes that it may grow to, besides the body of a request
 */

const PROGRAM = new URL('./worker-thread.js', import.meta.url)
/** JavaScript needs little: PHP's memory is outside of its heap. In MiB. */
const HEAP = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 4 }

/** An interpreter gives no memory back: one that holds more than what it starts with is replaced. */
const LARGE = 64 * 1024 * 1024

/** The near end of one interpreter's thread. */
export class PhpWorker {
  #thread
  #sockets = hostSockets()
  /** @type {{ output: import('./interpreter.js').Output, settle: (outcome: Outcome) => void } | undefined} */
  #current
  #isKilled = false
  #hasExited = false
  isLarge = false

  /**
   * @param {string} version
   * @param {WebAssembly.Module} compiled
   * @param {WorkerSettings} settings
   * @param {() => void} onExit
   */
  constructor(version, compiled, settings, onExit) {
    const { link } = this.#sockets
    this.#thread = new Worker(PROGRAM, {
      workerData: { version, compiled, ...settings, link },
      transferList: [link.port],
      resourceLimits: HEAP,
      env: {},
    })
    /** Whether the interpreter has started; false when it could not. */
    this.ready = new Promise((/** @type {(isReady: boolean) => void} */ resolve) => {
      this.#thread.once('message', () => resolve(true))
      this.#thread.once('exit', () => resolve(false))
    })
    this.#thread.on('message', (message) => this.#take(message))
    this.#thread.on('error', (error) => this.#current?.output.log(Buffer.from(`php: ${error.message}\n`)))
    this.#thread.on('exit', () => {
      this.#hasExited = true
      this.#sockets.close()
      this.#settle(this.#isKilled ? 'killed' : 'died')
      onExit()
    })
  }

  /**
   * @param {import('./interpreter.js').Execution} execution
   * @param {import('./interpreter.js').Output} output
   * @param {number} timeoutMs 0 for none
   * @returns {Promise<Outcome>}
   */
  async run(execution, output, timeoutMs) {
    const timer = timeoutMs > 0 ? setTimeout(() => this.#kill(), timeoutMs) : undefined
    /** @type {Outcome} */
    const outcome = await new Promise((resolve) => {
      if (this.#hasExited) return resolve('died')
      this.#current = { output, settle: resolve }
      const { body } = execution
      // Handed over, not copied, when it has memory of its own.
      const { buffer } = body
      const isAlone = buffer instanceof ArrayBuffer && body.byteLength > 0 && body.byteLength === buffer.byteLength
      this.#thread.postMessage(execution, isAlone ? [buffer] : [])
    })
    clearTimeout(timer)
    return outcome
  }

  /** Ends an idle interpreter. */
  stop() {
    void this.#thread.terminate()
  }

  #kill() {
    this.#isKilled = true
    void this.#thread.terminate()
  }

  /** @param {import('./worker-thread.js').WorkerMessage} message */
  #take(message) {
    if (message.type === 'head') this.#current?.output.head(message.head)
    if (message.type === 'body') this.#current?.output.body(Buffer.from(message.chunk))
    if (message.type === 'log') this.#current?.output.log(Buffer.from(message.chunk))
    if (message.type !== 'done') return
    this.isLarge = message.memoryBytes > LARGE
    this.#settle('done')
  }

  /** @param {Outcome} outcome */
  #settle(outcome) {
    const current = this.#current
    this.#current = undefined
    current?.settle(outcome)
  }
}
