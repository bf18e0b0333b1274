/** Docker's stream format: one byte for the stream, three unused, four for the length, then one message. */
const HEADER_BYTES = 8
const LENGTH_OFFSET = 4
const STDERR = 2

export type StreamName = 'stdout' | 'stderr'

export interface Frame {
  readonly stream: StreamName
  readonly payload: Buffer
}

/** Messages of a stream, which may be split anywhere. A cut last one is left out. */
export async function* frames(chunks: AsyncIterable<string | Buffer>): AsyncGenerator<Frame> {
  let rest = Buffer.alloc(0)
  for await (const chunk of chunks) {
    rest = Buffer.concat([rest, Buffer.from(chunk)])
    for (;;) {
      const end = rest.length < HEADER_BYTES ? Infinity : HEADER_BYTES + rest.readUInt32BE(LENGTH_OFFSET)
      if (rest.length < end) break
      yield { stream: rest[0] === STDERR ? 'stderr' : 'stdout', payload: rest.subarray(HEADER_BYTES, end) }
      rest = rest.subarray(end)
    }
  }
}
