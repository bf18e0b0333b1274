import { quoted } from '../problem.ts'
import { RecordError } from './record-error.ts'

/** A word of a record's value; `key="a b"` is one, its quotes taken off. */
export interface Word {
  readonly text: string
  readonly isQuoted: boolean
}

// RFC 1035 section 5.1, without comments, parentheses and \DDD: whatever needs those can be written without.
const WORD = /([^\s"();\\]*)"([^"\\]*(?:\\["\\][^"\\]*)*)"(?=\s|$)|([^\s"();\\]+)(?=\s|$)/y
const SPACE = /\s*/y

const WHY: readonly (readonly [character: RegExp, message: string])[] = [
  [/[()]/, 'has a parenthesis: write the value on one line, without'],
  [/\\/, 'has a backslash: within quotes \\" and \\\\ are known, and any other character stands for itself'],
  [/"/, 'has a quotation mark without its other half, or in the middle of a word'],
  [/;/, 'has a semicolon, which begins a comment: put the text in quotes'],
]

const whyNot = (rest: string): string => {
  const [word = ''] = /^\S*/.exec(rest) ?? []
  const found = WHY.find(([character]) => character.test(word.startsWith('"') ? rest : word))
  return found?.[1] ?? `can't be read from ${quoted(rest)} on`
}

/** The words of a value. @throws RecordError */
export const splitWords = (value: string): Word[] => {
  const words: Word[] = []
  const skip = (from: number): number => {
    SPACE.lastIndex = from
    SPACE.exec(value)
    return SPACE.lastIndex
  }
  for (let at = skip(0); at < value.length; at = skip(WORD.lastIndex)) {
    WORD.lastIndex = at
    const match = WORD.exec(value)
    if (match === null) throw new RecordError(whyNot(value.slice(at)))
    const [, key, within, plain] = match
    if (plain === undefined) words.push({ text: `${key}${within?.replace(/\\(.)/g, '$1')}`, isQuoted: true })
    else words.push({ text: plain, isQuoted: false })
  }
  return words
}
