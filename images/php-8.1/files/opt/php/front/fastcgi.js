/**
 * The records of FastCGI 1.0 (its specification, sections 3, 4, 5 and 8): read from a byte stream, and written. Names and
 * values of parameters are bytes; here they are strings of one character per byte.
 */

const VERSION = 1
const HEADER_LENGTH = 8
const MAX_CONTENT = 0xffff
const KEEP_CONNECTION = 1
const LONG_LENGTH = 0x80

export const TYPE = Object.freeze({
  BEGIN_REQUEST: 1,
  ABORT_REQUEST: 2,
  END_REQUEST: 3,
  PARAMS: 4,
  STDIN: 5,
  STDOUT: 6,
  STDERR: 7,
  GET_VALUES: 9,
  GET_VALUES_RESULT: 10,
  UNKNOWN_TYPE: 11,
})

export const ROLE_RESPONDER = 1

/** What an END_REQUEST record says of the request as a whole. */
export const PROTOCOL_STATUS = Object.freeze({ REQUEST_COMPLETE: 0, CANT_MULTIPLEX: 1, OVERLOADED: 2, UNKNOWN_ROLE: 3 })

/** @typedef {{ readonly type: number, readonly requestId: number, readonly content: Buffer }} Record */

/** Cuts a byte stream into records. */
export class RecordReader {
  /** @type {Buffer} */
  #rest = Buffer.alloc(0)

  /**
   * Takes the next bytes, and gives the records that are complete now.
   * @param {Buffer} chunk
   * @returns {Record[]}
   * @throws {Error} when the peer speaks another version of the protocol: the connection is of no use then.
   */
  read(chunk) {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    const records = []
    for (;;) {
      const record = this.#next()
      if (record === undefined) return records
      records.push(record)
    }
  }

  /** @returns {Record | undefined} */
  #next() {
    const bytes = this.#rest
    if (bytes.length < HEADER_LENGTH) return undefined
    if (bytes.readUInt8(0) !== VERSION) throw new Error(`FastCGI version ${bytes.readUInt8(0)} is not known`)
    const contentEnd = HEADER_LENGTH + bytes.readUInt16BE(4)
    const end = contentEnd + bytes.readUInt8(6)
    if (bytes.length < end) return undefined
    this.#rest = bytes.subarray(end)
    const content = bytes.subarray(HEADER_LENGTH, contentEnd)
    return { type: bytes.readUInt8(1), requestId: bytes.readUInt16BE(2), content }
  }
}

/**
 * Content of any length becomes as many records as it needs, none when it is empty.
 * @param {number} type
 * @param {number} requestId
 * @param {Uint8Array} content
 */
export const encodeStream = (type, requestId, content) => {
  const records = []
  for (let start = 0; start < content.length; start += MAX_CONTENT) {
    records.push(encodeRecord(type, requestId, content.subarray(start, start + MAX_CONTENT)))
  }
  return Buffer.concat(records)
}

/**
 * One record; with no content, the end of a stream.
 * @param {number} type
 * @param {number} requestId
 * @param {Uint8Array} content at most 65,535 bytes
 */
export const encodeRecord = (type, requestId, content) => {
  const header = Buffer.alloc(HEADER_LENGTH)
  header.writeUInt8(VERSION, 0)
  header.writeUInt8(type, 1)
  header.writeUInt16BE(requestId, 2)
  header.writeUInt16BE(content.length, 4)
  return Buffer.concat([header, content])
}

/**
 * @param {number} requestId
 * @param {number} protocolStatus one of {@link PROTOCOL_STATUS}
 */
export const encodeEndRequest = (requestId, protocolStatus) => {
  const content = Buffer.alloc(8)
  content.writeUInt8(protocolStatus, 4)
  return encodeRecord(TYPE.END_REQUEST, requestId, content)
}

/**
 * @param {Buffer} content of a BEGIN_REQUEST record
 * @throws {RangeError} when it is too short
 */
export const decodeBeginRequest = (content) => ({
  role: content.readUInt16BE(0),
  keepConnection: (content.readUInt8(2) & KEEP_CONNECTION) !== 0,
})

/**
 * @param {Buffer} content name-value pairs, all of them
 * @returns {Map<string, string>}
 * @throws {RangeError} when a length leads beyond the end
 */
export const decodePairs = (content) => {
  const pairs = new Map()
  let position = 0
  const length = () => {
    const short = content.readUInt8(position)
    const isLong = (short & LONG_LENGTH) !== 0
    const value = isLong ? content.readUInt32BE(position) & 0x7fffffff : short
    position += isLong ? 4 : 1
    return value
  }
  /** @param {number} size */
  const text = (size) => {
    if (position + size > content.length) throw new RangeError('a FastCGI name or value is cut off')
    position += size
    return content.toString('latin1', position - size, position)
  }
  while (position < content.length) {
    const nameLength = length()
    const valueLength = length()
    const name = text(nameLength)
    pairs.set(name, text(valueLength))
  }
  return pairs
}

/** @param {Iterable<readonly [string, string]>} pairs */
export const encodePairs = (pairs) =>
  Buffer.concat(
    [...pairs].flatMap(([name, value]) => [
      encodeLength(name.length),
      encodeLength(value.length),
      Buffer.from(name, 'latin1'),
      Buffer.from(value, 'latin1'),
    ]),
  )

/** @param {number} length */
const encodeLength = (length) => {
  if (length < LONG_LENGTH) return Buffer.from([length])
  const long = Buffer.alloc(4)
  long.writeUInt32BE((length | 0x80000000) >>> 0)
  return long
}
