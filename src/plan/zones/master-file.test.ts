import { describe, expect, it } from 'vitest'
import { writeData, writeMailbox, writeName } from './master-file.ts'

describe('writeData', () => {
  it('cuts a text into strings of 255 bytes, wherever characters end', () => {
    const written = writeData({ type: 'TXT', texts: ['ü'.repeat(200)] })
    const strings = written.split(' ')
    expect(strings).toHaveLength(2)
    expect(strings.map((string) => string.match(/\\[0-9]{3}/g)?.length)).toEqual([255, 145])
  })

  it('escapes every byte that means something', () => {
    const text = 'a"b\\c\n;d($INCLUDE)\0\u007f'
    expect(writeData({ type: 'TXT', texts: [text] })).toBe('"a\\"b\\\\c\\010;d($INCLUDE)\\000\\127"')
  })

  it('writes an empty text', () => expect(writeData({ type: 'TXT', texts: [''] })).toBe('""'))

  it('keeps a value of CAA in one piece', () => {
    const value = `mailto:${'a'.repeat(300)}@site.example`
    expect(writeData({ type: 'CAA', flags: 0, tag: 'iodef', value })).toBe(`0 iodef "${value}"`)
  })

  it.each(['a b', 'a\nb', 'a"b', 'a;b', '$INCLUDE', 'a\\b', 'a(b', 'ä', 'A', '', '-', `${'a'.repeat(64)}`])(
    'has no way for the label %j',
    (label) => {
      for (const name of [label, `x.${label}`].filter((text) => text !== '')) {
        expect(() => writeName(name)).toThrow(RangeError)
      }
    },
  )

  it('refuses numbers, addresses and digits that no reader gives', () => {
    expect(() => writeData({ type: 'MX', preference: 65_536, target: 'a' })).toThrow(RangeError)
    expect(() => writeData({ type: 'MX', preference: 1.5, target: 'a' })).toThrow(RangeError)
    expect(() => writeData({ type: 'A', address: '1.2.3.4\nx' })).toThrow(RangeError)
    expect(() => writeData({ type: 'SSHFP', algorithm: 1, hash: 1, fingerprint: 'xx' })).toThrow(RangeError)
    expect(() => writeData({ type: 'CAA', flags: 0, tag: 'a b', value: '' })).toThrow(RangeError)
    expect(() =>
      writeData({ type: 'HTTPS', priority: 1, target: '', parameters: [{ key: 'alpn', values: ['a b'] }] }),
    ).toThrow(RangeError)
  })
})

describe('writeMailbox', () => {
  it('keeps dots before the @ apart from ends of labels', () => {
    expect(writeMailbox('first.last@provider.example')).toBe('first\\.last.provider.example.')
  })

  it.each(['a', 'a@', '@b.example', 'a b@c.example', 'a@b@c.example'])('refuses %j', (address) => {
    expect(() => writeMailbox(address)).toThrow(RangeError)
  })
})
