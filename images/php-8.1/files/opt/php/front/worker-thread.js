import { parentPort, workerData } from 'node:worker_threads'
import { startInterpreter } from './interpreter.js'

/**
 * The thread of one interpreter. It is asked for one execution at a time, and tells what comes of it; `done` is the last word.
 */

/** @typedef {{ type: 'ready' } | { type: 'done', memoryBytes: number } | { type: 'head', head: import('./interpreter.js').ResponseHead } | { type: 'body' | 'log', chunk: Uint8Array }} WorkerMessage */

/** What PHP writes is handed on in pieces of at least this size, or at the end. */
const PIECE = 16 * 1024

const main = parentPort
if (main === null) throw new Error('this is the program of a thread')

/** @param {WorkerMessage} message */
const tell = (message) => main.postMessage(message)

/** @param {'body' | 'log'} type */
const collector = (type) => {
  /** @type {Buffer[]} */
  let chunks = []
  let size = 0
  const flush = () => {
    if (size > 0) tell({ type, chunk: new Uint8Array(Buffer.concat(chunks)) })
    chunks = []
    size = 0
  }
  /** @param {Buffer} chunk */
  const add = (chunk) => {
    chunks.push(chunk)
    size += chunk.length
    if (size >= PIECE) flush()
  }
  return { add, flush }
}

const execute = await startInterpreter(workerData)

main.on('message', (/** @type {import('./interpreter.js').Execution} */ execution) => {
  const body = collector('body')
  const log = collector('log')
  const memoryBytes = execute(execution, { head: (head) => tell({ type: 'head', head }), body: body.add, log: log.add })
  log.flush()
  body.flush()
  tell({ type: 'done', memoryBytes })
})
tell({ type: 'ready' })
