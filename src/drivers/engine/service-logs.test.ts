import { expect, it } from 'vitest'
import { linesOf } from './service-logs.ts'

const STDOUT = 1
const STDERR = 2

const frame = (stream: number, text: string | Buffer): Buffer => {
  const payload = Buffer.from(text)
  const header = Buffer.alloc(8)
  header[0] = stream
  header.writeUInt32BE(payload.length, 4)
  return Buffer.concat([header, payload])
}

const read = async (...chunks: Buffer[]) => {
  const lines: string[] = []
  const source = (async function* () {
    yield* chunks
  })()
  for await (const { time, stream, text } of linesOf(source)) lines.push(`${time} ${stream} ${text}`)
  return lines
}

it('reads lines of both streams, however the bytes are split', async () => {
  const bytes = Buffer.concat([frame(STDOUT, '1Z one two\n'), frame(STDERR, '2Z \n'), frame(STDOUT, '3Z ü\r\n')])
  const expected = ['1Z stdout one two', '2Z stderr ', '3Z stdout ü']
  expect(await read(bytes)).toEqual(expected)
  expect(await read(...[...bytes].map((byte) => Buffer.from([byte])))).toEqual(expected)
})

it('puts together what the engine keeps in parts, each stream by itself, also inside a character', async () => {
  const [first, second] = [Buffer.from('ü').subarray(0, 1), Buffer.from('ü').subarray(1)]
  const parts = [
    frame(STDOUT, Buffer.concat([Buffer.from('1Z a'), first])),
    frame(STDERR, '2Z error\n'),
    frame(STDOUT, Buffer.concat([Buffer.from('3Z '), second, Buffer.from('b\n')])),
  ]
  expect(await read(...parts)).toEqual(['2Z stderr error', '1Z stdout aüb'])
})

it('tells a last line without its end, and gives up on one that has none', async () => {
  expect(await read(frame(STDOUT, '1Z unfinished'))).toEqual(['1Z stdout unfinished'])
  const part = frame(STDOUT, `1Z ${'x'.repeat(600_000)}`)
  const lines = await read(part, part, frame(STDOUT, '2Z y\n'))
  expect(lines.map(({ length }) => length)).toEqual([1_200_010, 11])
})
