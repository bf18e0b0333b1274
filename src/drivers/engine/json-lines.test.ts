import fc from 'fast-check'
import { expect, it } from 'vitest'
import { jsonLines } from './json-lines.ts'

async function* inPieces(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  let at = 0
  for (const size of sizes) {
    yield bytes.subarray(at, at + size)
    at += size
  }
  yield bytes.subarray(at)
}

const collect = async (chunks: AsyncIterable<Buffer>): Promise<unknown[]> => {
  const values: unknown[] = []
  for await (const value of jsonLines(chunks)) values.push(value)
  return values
}

it('reads every value, wherever the stream is split', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ text: fc.string({ unit: 'grapheme' }) })),
      fc.array(fc.nat(7)),
      fc.boolean(),
      async (values, sizes, closed) => {
        const text = values.map((value) => JSON.stringify(value)).join('\r\n') + (closed ? '\n' : '')
        expect(await collect(inPieces(Buffer.from(text), sizes))).toEqual(values)
      },
    ),
  )
})

it('refuses a line without end', async () => {
  const endless = inPieces(Buffer.alloc(1024 * 1024 + 2, 'a'), [1024 * 1024 + 1])
  await expect(collect(endless)).rejects.toThrow(/line of more than/)
})

it('refuses what is no JSON', async () => {
  await expect(collect(inPieces(Buffer.from('{"a":1}\n{a}\n'), []))).rejects.toThrow(SyntaxError)
})
