import { describe, expect, it } from 'vitest'
import { keywords, mysqlWriter, postgresWriter, sql, textOf } from './sql.ts'

/** Whatever may end a name or a text, or begin a comment, somewhere. */
const HOSTILE = 'a\'b"c`d\\e;f--g/*h\ni$j%k_l.m'

describe('sql', () => {
  it('puts pieces between what is written out, as they are', () => {
    const inner = sql`x = ${mysqlWriter.text("it's")}`
    expect(textOf(sql`SELECT 1 WHERE ${inner} OR ${inner} -- \\`)).toBe(
      "SELECT 1 WHERE x = 'it\\'s' OR x = 'it\\'s' -- \\",
    )
  })
})

describe('keywords', () => {
  it('takes words of SQL, and nothing else', () => {
    expect(textOf(keywords('CREATE VIEW'))).toBe('CREATE VIEW')
    for (const other of ['', 'select', 'A, B', 'A;B', 'A--', '`A`']) expect(() => keywords(other)).toThrow(TypeError)
  })
})

describe.each([
  ['mysqlWriter', mysqlWriter, '`', "'a\\'b\\\"c`d\\\\e;f--g/*h\\ni$j%k_l.m'"],
  ['postgresWriter', postgresWriter, '"', " E'a''b\"c`d\\\\e;f--g/*h\ni$j%k_l.m'"],
])('%s', (_name, writer, quote, text) => {
  it('writes one name, whatever it holds', () => {
    const doubled = HOSTILE.replaceAll(quote, quote + quote)
    expect(textOf(writer.name(HOSTILE))).toBe(`${quote}${doubled}${quote}`)
  })

  it('writes one text, whatever it holds', () => {
    expect(textOf(writer.text(HOSTILE))).toBe(text)
  })
})
