/** Docker's stream format: one byte for the stream, three unused, four for the length, then the text. */
const HEADER_BYTES = 8
const LENGTH_OFFSET = 4

/** Text of both streams of a service without a terminal. A cut last frame gives what is there of it. */
export const demultiplex = (frames: Buffer): Buffer => {
  const texts: Buffer[] = []
  for (let at = 0; at + HEADER_BYTES <= frames.length; ) {
    const start = at + HEADER_BYTES
    const end = start + frames.readUInt32BE(at + LENGTH_OFFSET)
    texts.push(frames.subarray(start, end))
    at = end
  }
  return Buffer.concat(texts)
}

/** Reads a stream to its end and keeps its first `maxBytes`. */
export const readStart = async (stream: AsyncIterable<string | Buffer>, maxBytes: number): Promise<Buffer> => {
  const kept: Buffer[] = []
  let size = 0
  for await (const chunk of stream) {
    if (size >= maxBytes) continue
    const bytes = Buffer.from(chunk)
    kept.push(bytes.subarray(0, maxBytes - size))
    size += bytes.length
  }
  return Buffer.concat(kept)
}
