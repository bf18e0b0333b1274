import { expect, it } from 'vitest'
import { demultiplex, readStart } from './output.ts'

const frame = (stream: number, text: string): Buffer => {
  const header = Buffer.alloc(8)
  header.writeUInt8(stream)
  header.writeUInt32BE(Buffer.byteLength(text), 4)
  return Buffer.concat([header, Buffer.from(text)])
}

it('joins the frames of both streams in their order', () => {
  const frames = Buffer.concat([frame(1, 'out\n'), frame(2, 'err é\n'), frame(1, ''), frame(1, 'end')])
  expect(demultiplex(frames).toString()).toBe('out\nerr é\nend')
})

it.each([
  [3, ''],
  [8, ''],
  [10, 'ou'],
  [14, 'out\n'],
])('gives what is there of frames cut after %i bytes', (bytes, text) => {
  const frames = Buffer.concat([frame(1, 'out\n'), frame(2, 'err')])
  expect(demultiplex(frames.subarray(0, bytes)).toString()).toBe(text)
})

it('keeps the start of a stream and reads it to its end', async () => {
  let ended = false
  async function* chunks() {
    yield Buffer.from('abc')
    yield Buffer.from('def')
    yield Buffer.from('ghi')
    ended = true
  }
  expect((await readStart(chunks(), 4)).toString()).toBe('abcd')
  expect(ended).toBe(true)
})
