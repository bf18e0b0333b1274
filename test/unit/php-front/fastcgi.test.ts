import { describe, expect, it } from 'vitest'
import * as fastcgi from '../../../images/php-8.1/files/opt/php/front/fastcgi.js'

const { TYPE } = fastcgi
const text = (length: number): string => 'é'.repeat(length)

describe('records', () => {
  it('come out of any cut of the stream as they went in', () => {
    const contents = ['', 'a', 'x'.repeat(70_000)]
    const stream = Buffer.concat([
      ...contents.map((content) => fastcgi.encodeStream(TYPE.STDOUT, 7, Buffer.from(content))),
      fastcgi.encodeRecord(TYPE.STDOUT, 7, Buffer.alloc(0)),
      fastcgi.encodeEndRequest(7, fastcgi.PROTOCOL_STATUS.OVERLOADED),
    ])
    for (const size of [1, 3, 8, 4096, stream.length]) {
      const reader = new fastcgi.RecordReader()
      const records = []
      for (let start = 0; start < stream.length; start += size) {
        records.push(...reader.read(stream.subarray(start, start + size)))
      }
      expect(records.map(({ type, content }) => [type, content.length])).toEqual([
        [TYPE.STDOUT, 1],
        [TYPE.STDOUT, 65_535],
        [TYPE.STDOUT, 4465],
        [TYPE.STDOUT, 0],
        [TYPE.END_REQUEST, 8],
      ])
      expect(Buffer.concat(records.slice(0, 4).map(({ content }) => content)).toString()).toBe(contents.join(''))
      expect(records.every(({ requestId }) => requestId === 7)).toBe(true)
      expect(records[4]?.content.readUInt8(4)).toBe(fastcgi.PROTOCOL_STATUS.OVERLOADED)
    }
  })

  it('are read without their padding', () => {
    const padded = Buffer.from([1, TYPE.STDIN, 0, 1, 0, 2, 3, 0, 104, 105, 0, 0, 0])
    const next = fastcgi.encodeRecord(TYPE.ABORT_REQUEST, 1, Buffer.alloc(0))
    const records = new fastcgi.RecordReader().read(Buffer.concat([padded, next]))
    expect(records.map(({ type, content }) => [type, content.toString()])).toEqual([
      [TYPE.STDIN, 'hi'],
      [TYPE.ABORT_REQUEST, ''],
    ])
  })

  it('of another version are refused', () => {
    expect(() => new fastcgi.RecordReader().read(Buffer.from('GET / HTTP/1.1\r\n'))).toThrow('version 71')
  })
})

describe('name-value pairs', () => {
  it('keep bytes of all kinds, and lengths of one and of four bytes', () => {
    const pairs: [string, string][] = [
      ['A', ''],
      [text(127), text(128)],
      ['LONG', text(100_000)],
      ['NUL', '\0\xff'],
    ]
    expect([...fastcgi.decodePairs(fastcgi.encodePairs(pairs))]).toEqual(pairs)
  })

  it.each([
    ['a value that is cut off', Buffer.from([1, 5, 65, 66])],
    ['a length that is cut off', Buffer.from([1, 0x80, 0])],
  ])('with %s are refused', (_what, content) => {
    expect(() => fastcgi.decodePairs(content)).toThrow(RangeError)
  })
})

describe('the beginning of a request', () => {
  it('tells the role, and whether the connection stays', () => {
    expect(fastcgi.decodeBeginRequest(Buffer.from([0, 1, 1, 0, 0, 0, 0, 0]))).toEqual({ role: 1, keepConnection: true })
    expect(fastcgi.decodeBeginRequest(Buffer.from([0, 2, 0, 0, 0, 0, 0, 0]))).toEqual({
      role: 2,
      keepConnection: false,
    })
  })

  it('that is too short is refused', () => {
    expect(() => fastcgi.decodeBeginRequest(Buffer.from([0]))).toThrow(RangeError)
  })
})
