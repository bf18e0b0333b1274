import { connect } from 'node:net'
import { MessageChannel } from 'node:worker_threads'

/**
 * Holds the connections of one interpreter, in a thread with an event loop.
 * @returns {{ link: import('./sockets.js').SocketLink, close: () => void }} `link.port` is to be transferred to the
 * interpreter's thread; `close` ends all connections.
 */
export const hostSockets = () => {
  const { port1, port2 } = new MessageChannel()
  const signal = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
  /** @type {Map<number, import('node:net').Socket>} */
  const sockets = new Map()
  /** @param {import('./sockets.js').SocketEvent} event */
  const tell = (event) => {
    port1.postMessage(event)
    Atomics.add(signal, 0, 1)
    Atomics.notify(signal, 0)
  }
  /** @param {import('./sockets.js').SocketCommand} command */
  const obey = (command) => {
    const { id } = command
    if (command.op === 'open')
      sockets.set(
        id,
        open(command.target, id, tell, () => sockets.delete(id)),
      )
    if (command.op === 'send') sockets.get(id)?.write(command.data)
    if (command.op === 'close') sockets.get(id)?.end()
  }
  port1.on('message', obey)
  port1.unref()
  const close = () => {
    port1.close()
    for (const socket of sockets.values()) socket.destroy()
  }
  return { link: { port: port2, signal }, close }
}

/**
 * @param {import('./sockets.js').Target} target
 * @param {number} id
 * @param {(event: import('./sockets.js').SocketEvent) => void} tell
 * @param {() => void} forget
 */
const open = (target, id, tell, forget) => {
  const socket = connect({ ...target, noDelay: true })
  socket.on('connect', () => tell({ id, event: 'open' }))
  socket.on('data', (data) => tell({ id, event: 'message', data: new Uint8Array(data) }))
  socket.on('error', () => tell({ id, event: 'error' }))
  socket.on('close', () => {
    forget()
    tell({ id, event: 'close' })
  })
  return socket
}
