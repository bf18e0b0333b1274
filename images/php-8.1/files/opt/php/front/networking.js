import { replaceImport } from './replace-import.js'

/**
 * Lets PHP connect to others by TCP and by Unix sockets. Emscripten would do the former over WebSockets, and pause PHP by
 * unwinding its stack while it waits, which the interpreter of PHP 5.6 does not survive. Here the thread sleeps instead.
 */

const AF_UNIX = 1
const POLL_IN = 1
const POLL_PRI = 2
const POLL_OUT = 4

/**
 * @param {import('./sockets.js').Sockets} sockets
 * @returns {object} Emscripten's option `websocket`
 */
export const socketOptions = (sockets) => ({
  subprotocol: 'binary',
  /** @param {unknown} _socket @param {string} address @param {number} port 0 for the path of a Unix socket */
  url: (_socket, address, port) => JSON.stringify(port === 0 ? { path: address } : { host: address, port }),
  decorator: () =>
    /** @param {string} target */
    function OutboundSocket(target) {
      return sockets.open(JSON.parse(target))
    },
})

/**
 * Replaces the three imports that would wait.
 * @param {import('./php-module.js').Imports} imports
 * @param {() => import('./php-module.js').PhpModule} module
 * @param {import('./sockets.js').Sockets} sockets
 */
export const patchNetworking = (imports, module, sockets) => {
  replaceImport(imports, /\.sock_ops\.connect\(/, (original) => (descriptor = 0, address = 0, length = 0) => {
    const { HEAP16, HEAPU8, FS } = module()
    const socket = FS.getStream(descriptor)?.node.sock
    if (HEAP16[address >> 1] !== AF_UNIX || socket === undefined) return original(descriptor, address, length)
    const [path = ''] = Buffer.from(HEAPU8.subarray(address + 2, address + length))
      .toString()
      .split('\0')
    return errorNumber(() => socket.sock_ops.connect(socket, path, 0))
  })
  replaceImport(
    imports,
    /\.handleSleep\([\s\S]*\.getAllWebSockets\(/,
    () =>
      (descriptor = 0, events = 0, timeoutMs = 0) => {
        const socket = module().FS.getStream(descriptor)?.node.sock
        if (socket === undefined) return 1
        return sockets.waitFor(() => isReady(socket, events), timeoutMs) ? 1 : 0
      },
  )
  replaceImport(
    imports,
    /^function \w+\((\w+)\)\s*\{\s*return \w+\.handleSleep\(\(?\w+\)?\s*=>\s*\w+\(\w+,\s*\1\)\)/,
    () =>
      (milliseconds = 0) => {
        sockets.sleep(milliseconds)
        return 0
      },
  )
}

/**
 * @param {() => void} operation
 * @returns {number} as system calls tell it: 0, or an error number below zero
 */
const errorNumber = (operation) => {
  try {
    operation()
    return 0
  } catch (error) {
    if (error instanceof Object && 'errno' in error && typeof error.errno === 'number') return -error.errno
    throw error
  }
}

/** @param {import('./php-module.js').FsSocket} socket @param {number} events */
const isReady = (socket, events) => {
  const peer = socket.peers[`${socket.daddr}:${socket.dport}`]?.socket
  if (peer === undefined || peer.readyState >= peer.CLOSING) return true
  if ((events & (POLL_IN | POLL_PRI)) !== 0 && socket.recv_queue.length > 0) return true
  return (events & POLL_OUT) !== 0 && peer.readyState === peer.OPEN
}
