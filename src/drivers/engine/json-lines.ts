import { StringDecoder } from 'node:string_decoder'

const MAX_LINE_CHARACTERS = 1024 * 1024

/**
 * Values of a stream of JSON lines, which may be split anywhere, also inside a character.
 *
 * @throws Error when a line grows past 1 Mi characters, SyntaxError when a line is no JSON.
 */
export async function* jsonLines(chunks: AsyncIterable<string | Buffer>): AsyncGenerator<unknown> {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  for await (const chunk of chunks) {
    const lines = (rest + (typeof chunk === 'string' ? chunk : decoder.write(chunk))).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > MAX_LINE_CHARACTERS) throw new Error('the engine sent a line of more than 1 Mi characters')
    for (const line of lines) if (line.trim() !== '') yield JSON.parse(line)
  }
  if (rest.trim() !== '') yield JSON.parse(rest)
}
