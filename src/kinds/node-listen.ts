/**
 * Preloaded into a site's code. The first server that listens on `PORT` is given the Unix socket that the web server asks
 * in place of the port, in a process of its own as in workers of a cluster; to the code it looks like the port. A socket that
 * a process left behind is removed before, and the socket at the end.
 *
 * Code that says nothing of SIGTERM would die of it with requests under way: then those are answered first.
 *
 * Plain CommonJS, so that it runs in every Node.js.
 */
export const nodeListen = `'use strict'
const cluster = require('node:cluster')
const { errorMonitor } = require('node:events')
const fs = require('node:fs')
const net = require('node:net')

const DRAIN_MS = 10000
const port = Number(process.env.PORT)
const path = process.env.PALISADE_SOCKET
const listen = net.Server.prototype.listen
let holder

const isPort = (value) =>
  typeof value === 'number' || (typeof value === 'string' && value.trim() !== '') ? Number(value) === port : false

/** What listen(...) was asked for, when it is our port. */
const wanted = ([first, ...rest]) => {
  if (typeof first === 'object' && first !== null) {
    return isPort(first.port) && first.path === undefined ? first : undefined
  }
  if (!isPort(first)) return undefined
  return {
    host: rest.find((value) => typeof value === 'string'),
    backlog: rest.find((value) => typeof value === 'number'),
  }
}

/** As the primary of a cluster listens for its workers (lib/internal/cluster/round_robin_handle.js). */
const isSocket = (value) => value === path || (typeof value === 'object' && value !== null && value.path === path)

const remove = () => fs.rmSync(path, { force: true })

const stop = () => {
  if (process.listenerCount('SIGTERM') > 1) return
  const end = () => process.exit(0)
  setTimeout(end, DRAIN_MS).unref()
  const workers = Object.values(cluster.workers || {})
  if (workers.length > 0) {
    let left = workers.length
    const ended = () => --left === 0 && end()
    for (const worker of workers) worker.once('exit', ended)
    return cluster.disconnect()
  }
  if (holder === undefined) return end()
  holder.close(end)
  if (holder.closeIdleConnections !== undefined) holder.closeIdleConnections()
}

/** Takes the socket for this process. */
const take = () => {
  remove()
  process.removeListener('exit', remove).on('exit', remove)
  // First in the row, or a listener for one time would be gone when they are counted.
  process.removeListener('SIGTERM', stop).prependListener('SIGTERM', stop)
}

const looksLikePort = (server, host) => {
  const address = net.isIP(host) === 0 ? '0.0.0.0' : host
  const family = net.isIPv6(address) ? 'IPv6' : 'IPv4'
  server.address = () => (server.listening ? { address, family, port } : null)
  const name = (connection) =>
    Object.defineProperties(connection, {
      remoteAddress: { value: '127.0.0.1', configurable: true },
      remoteFamily: { value: 'IPv4', configurable: true },
      remotePort: { value: 0, configurable: true },
    })
  server.prependListener('connection', name)
  return () => {
    delete server.address
    server.removeListener('connection', name)
  }
}

const release = (server, undo) => {
  const free = () => {
    if (holder !== server) return
    holder = undefined
    undo()
  }
  server.once('close', free)
  server.once(errorMonitor, () => {
    if (!server.listening) free()
  })
}

net.Server.prototype.listen = function (...args) {
  const forAll = { path, readableAll: true, writableAll: true }
  const callbacks = args.filter((value) => typeof value === 'function')
  if (isSocket(args[0])) {
    take()
    const backlog = args.find((value) => typeof value === 'number') || args[0].backlog
    return listen.call(this, { ...forAll, backlog }, ...callbacks)
  }
  const options = wanted(args)
  if (options === undefined || holder !== undefined) return listen.apply(this, args)
  if (!cluster.isWorker) take()
  holder = this
  release(this, looksLikePort(this, options.host))
  const { backlog, signal, exclusive } = options
  return listen.call(this, { ...forAll, backlog, signal, exclusive }, ...callbacks)
}
`
