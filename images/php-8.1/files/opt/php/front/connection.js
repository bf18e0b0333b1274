import * as fastcgi from './fastcgi.js'

/**
 * One request as it came.
 * @typedef {object} FastCgiRequest
 * @property {ReadonlyMap<string, string>} parameters
 * @property {Buffer} body
 */

/**
 * Takes the answer of one request, in order: any number of writes, then the end.
 * @typedef {object} Answer
 * @property {(chunk: Uint8Array) => void} write headers and body, as CGI has them
 * @property {() => void} end
 * @property {() => void} abort ends the connection in the middle, so that the web server knows the answer is not whole
 * @property {() => boolean} isWanted false once the web server has gone
 */

/** @typedef {(request: FastCgiRequest, answer: Answer) => void} Responder */

/** Larger bodies than this are refused, whatever a pool allows: a body is held in memory. */
const MAX_BODY = 128 * 1024 * 1024
const MAX_PARAMETERS = 1024 * 1024

/** Requests under way on one connection come one after the other: they are not multiplexed, as in PHP-FPM. */
export class Connection {
  #socket
  #respond
  #reader = new fastcgi.RecordReader()
  /** @type {{ id: number, keep: boolean, parameters: Buffer[], body: Buffer[], size: number } | undefined} */
  #current
  #isAnswering = false
  #isClosing = false

  /**
   * @param {import('node:net').Socket} socket
   * @param {Responder} respond
   */
  constructor(socket, respond) {
    this.#socket = socket
    this.#respond = respond
    // The peer may go at any time: what it asked for is nobody's then, and no error of this program's.
    socket.on('error', () => socket.destroy())
    socket.on('data', (chunk) => {
      try {
        for (const record of this.#reader.read(Buffer.from(chunk))) this.#take(record)
      } catch {
        socket.destroy()
      }
    })
  }

  /** Ends the connection as soon as no request is under way on it. */
  close() {
    this.#isClosing = true
    if (this.#current === undefined) this.#socket.end()
  }

  /** @param {fastcgi.Record} record */
  #take({ type, requestId, content }) {
    if (requestId === 0) return this.#takeManagement(type, content)
    if (type === fastcgi.TYPE.BEGIN_REQUEST) return this.#begin(requestId, content)
    const current = this.#current
    // Records of a request that is over, or never began, are to be ignored (section 3.3).
    if (current === undefined || current.id !== requestId) return
    if (type === fastcgi.TYPE.ABORT_REQUEST) return this.#abort(current)
    if (this.#isAnswering) return
    if (type === fastcgi.TYPE.PARAMS) return this.#collect(current, current.parameters, content, MAX_PARAMETERS)
    if (type !== fastcgi.TYPE.STDIN) return
    if (content.length > 0) return this.#collect(current, current.body, content, MAX_BODY)
    this.#isAnswering = true
    const parameters = fastcgi.decodePairs(Buffer.concat(current.parameters))
    this.#respond({ parameters, body: Buffer.concat(current.body) }, this.#answer(current.id, current.keep))
  }

  /** @param {number} type @param {Buffer} content */
  #takeManagement(type, content) {
    if (type === fastcgi.TYPE.GET_VALUES) {
      const known = new Map([['FCGI_MPXS_CONNS', '0']])
      const asked = [...fastcgi.decodePairs(content).keys()]
      const answer = asked.flatMap((name) => {
        const value = known.get(name)
        return value === undefined ? [] : [/** @type {const} */ ([name, value])]
      })
      this.#socket.write(fastcgi.encodeRecord(fastcgi.TYPE.GET_VALUES_RESULT, 0, fastcgi.encodePairs(answer)))
      return
    }
    const unknown = Buffer.alloc(8)
    unknown.writeUInt8(type, 0)
    this.#socket.write(fastcgi.encodeRecord(fastcgi.TYPE.UNKNOWN_TYPE, 0, unknown))
  }

  /** @param {number} id @param {Buffer} content */
  #begin(id, content) {
    const { role, keepConnection } = fastcgi.decodeBeginRequest(content)
    const refusal =
      this.#current !== undefined ? fastcgi.PROTOCOL_STATUS.CANT_MULTIPLEX : fastcgi.PROTOCOL_STATUS.UNKNOWN_ROLE
    if (this.#current !== undefined || role !== fastcgi.ROLE_RESPONDER) {
      this.#socket.write(fastcgi.encodeEndRequest(id, refusal))
      return
    }
    this.#current = { id, keep: keepConnection, parameters: [], body: [], size: 0 }
  }

  /**
   * @param {{ id: number, size: number }} current
   * @param {Buffer[]} chunks
   * @param {Buffer} content
   * @param {number} limit
   */
  #collect(current, chunks, content, limit) {
    current.size += content.length
    if (current.size > limit) throw new Error('the request is too large')
    chunks.push(content)
  }

  /** @param {{ id: number, keep: boolean }} current */
  #abort(current) {
    if (this.#isAnswering) return
    this.#answer(current.id, current.keep).end()
  }

  /**
   * @param {number} id
   * @param {boolean} keep
   * @returns {Answer}
   */
  #answer(id, keep) {
    const socket = this.#socket
    return {
      write: (chunk) => {
        if (socket.writable) socket.write(fastcgi.encodeStream(fastcgi.TYPE.STDOUT, id, chunk))
      },
      end: () => {
        this.#current = undefined
        this.#isAnswering = false
        if (!socket.writable) return
        socket.write(fastcgi.encodeRecord(fastcgi.TYPE.STDOUT, id, Buffer.alloc(0)))
        socket.write(fastcgi.encodeEndRequest(id, fastcgi.PROTOCOL_STATUS.REQUEST_COMPLETE))
        if (!keep || this.#isClosing) socket.end()
      },
      abort: () => socket.destroy(),
      isWanted: () => socket.writable,
    }
  }
}
