import { expect, it } from 'vitest'
import { lastWords } from './last-words.ts'

it('keeps the last three lines, in one', () => {
  expect(lastWords('one\ntwo\r\n\n  three\nfour\n')).toBe('two | three | four')
})

it('leaves nothing that a terminal would obey', () => {
  expect(lastWords('\u001b[31mred\u001b[0m\u0007 \u202eright to left\n')).toBe('[31mred [0m right to left')
})

it('cuts long lines', () => {
  expect(lastWords('x'.repeat(300))).toBe(`${'x'.repeat(200)}…`)
})
