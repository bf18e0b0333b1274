import { describe, expect, it } from 'vitest'
import { paintFor } from './paint.ts'
import { formatTable } from './table.ts'

const io = (isTTY: boolean, env: Record<string, string> = {}) => ({
  stdout: { write: () => {}, isTTY },
  stderr: { write: () => {} },
  env,
  clock: { now: () => 0, random: () => 0, sleep: async () => {} },
  signal: new AbortController().signal,
})
const plain = paintFor({ color: false }, io(true))

describe('formatTable', () => {
  it('aligns columns, and shows a dash for nothing', () => {
    const table = {
      header: ['NAME', 'READY', 'MESSAGE'],
      rows: [
        ['alice', 'True', ''],
        ['bo', 'False', 'no disk'],
      ],
    }
    expect(formatTable(table, plain)).toBe(
      ['NAME    READY   MESSAGE', 'alice   True    -', 'bo      False   no disk', ''].join('\n'),
    )
  })

  it('keeps a cell from commanding the terminal', () => {
    const table = { header: ['NAME'], rows: [['a\u001b[2Jb\nc\u009b']] }
    expect(formatTable(table, plain)).toBe('NAME\na [2Jb c\n')
  })

  it('aligns what is coloured as what is not', () => {
    const coloured = paintFor({ color: true }, io(false))
    const table = { header: ['A', 'B'], rows: [[{ text: 'x', tone: 'good' as const }, 'y']] }
    expect(formatTable(table, coloured).split('\n')[1]).toBe('\u001b[32mx\u001b[0m   y')
  })
})

describe('paintFor', () => {
  it.each([
    ['a terminal', undefined, io(true), true],
    ['a pipe', undefined, io(false), false],
    ['a terminal with NO_COLOR', undefined, io(true, { NO_COLOR: '1' }), false],
    ['a terminal with an empty NO_COLOR', undefined, io(true, { NO_COLOR: '' }), true],
    ['--no-color', false, io(true), false],
    ['--color into a pipe', true, io(false), true],
  ])('%s', (_case, color, where, expected) => {
    expect(paintFor({ color }, where)('bad', 'x') !== 'x').toBe(expected)
  })
})
