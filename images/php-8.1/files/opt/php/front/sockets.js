import { receiveMessageOnPort } from 'node:worker_threads'

/**
 * Connections of an interpreter to elsewhere. The interpreter's thread can't wait for events, since PHP runs in it without
 * a pause; so the connections live in another thread (`socket-host.js`), and this one sleeps until it has word of them.
 */

/** @typedef {{ readonly path: string } | { readonly host: string, readonly port: number }} Target */
/** @typedef {{ op: 'open', id: number, target: Target } | { op: 'send', id: number, data: Uint8Array } | { op: 'close', id: number }} SocketCommand */
/** @typedef {{ id: number, event: 'open' | 'error' | 'close' } | { id: number, event: 'message', data: Uint8Array }} SocketEvent */

/**
 * Where an interpreter's thread and the thread that holds its connections meet.
 * @typedef {object} SocketLink
 * @property {import('node:worker_threads').MessagePort} port
 * @property {Int32Array} signal shared; counts the events so far
 */

export class Sockets {
  #link
  /** @type {Map<number, InterpreterSocket>} */
  #sockets = new Map()
  #lastId = 0

  /** @param {SocketLink} link */
  constructor(link) {
    this.#link = link
  }

  /** @param {Target} target */
  open(target) {
    this.#lastId += 1
    const socket = new InterpreterSocket(this, this.#lastId)
    this.#sockets.set(this.#lastId, socket)
    this.send({ op: 'open', id: this.#lastId, target })
    return socket
  }

  /** @param {SocketCommand} command */
  send(command) {
    this.#link.port.postMessage(command)
  }

  /** Hands on all events that are there. */
  deliver() {
    for (;;) {
      /** @type {{ message: SocketEvent } | undefined} */
      const received = receiveMessageOnPort(this.#link.port)
      if (received === undefined) return
      const { message } = received
      this.#sockets.get(message.id)?.take(message)
      if (message.event === 'close') this.#sockets.delete(message.id)
    }
  }

  /**
   * Sleeps until the condition holds.
   * @param {() => boolean} condition
   * @param {number} timeoutMs below zero for no end
   * @returns {boolean} whether it holds
   */
  waitFor(condition, timeoutMs) {
    const end = timeoutMs < 0 ? Number.POSITIVE_INFINITY : performance.now() + timeoutMs
    for (;;) {
      const seen = Atomics.load(this.#link.signal, 0)
      this.deliver()
      if (condition()) return true
      const left = end - performance.now()
      if (left <= 0) return false
      Atomics.wait(this.#link.signal, 0, seen, left)
    }
  }

  /** @param {number} milliseconds */
  sleep(milliseconds) {
    this.waitFor(() => false, Math.max(0, milliseconds))
  }
}

/** @typedef {(...values: unknown[]) => void} Listener */

/** What Emscripten's sockets take for a WebSocket of the package `ws`. */
export class InterpreterSocket {
  CONNECTING = 0
  OPEN = 1
  CLOSING = 2
  CLOSED = 3
  binaryType = 'arraybuffer'
  #state = 0
  #owner
  #id
  /** @type {Map<string, Listener[]>} */
  #listeners = new Map()

  /**
   * @param {Sockets} owner
   * @param {number} id
   */
  constructor(owner, id) {
    this.#owner = owner
    this.#id = id
  }

  /** Whoever asks wants the newest, even when it never waits. */
  get readyState() {
    this.#owner.deliver()
    return this.#state
  }

  /** @param {string} event @param {Listener} listener */
  on(event, listener) {
    this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), listener])
  }

  /** @param {ArrayBuffer} data */
  send(data) {
    this.#owner.send({ op: 'send', id: this.#id, data: new Uint8Array(data) })
  }

  close() {
    if (this.#state < this.CLOSING) this.#state = this.CLOSING
    this.#owner.send({ op: 'close', id: this.#id })
  }

  /** Options such as no-delay and keep-alive: the other thread sets the first on all. */
  setSocketOpt() {}

  /** @param {SocketEvent} message */
  take(message) {
    if (message.event === 'open') this.#state = this.OPEN
    if (message.event === 'error' || message.event === 'close') this.#state = this.CLOSED
    const values = message.event === 'message' ? [message.data, true] : []
    for (const listener of this.#listeners.get(message.event) ?? []) listener(...values)
  }
}
