import { quoted } from '../problem.ts'
import { splitWords, type Word } from './rdata-words.ts'
import { RecordError } from './record-error.ts'

/** Reads a record's value field by field, in order. Every method throws {@link RecordError}. */
export class RecordFields {
  readonly #words: Word[]

  constructor(value: string) {
    this.#words = splitWords(value).reverse()
  }

  text(field: string): string {
    const word = this.#words.pop()
    if (word === undefined) throw new RecordError(`lacks its ${field}`)
    return word.text
  }

  number(field: string, max = 65_535): number {
    const text = this.text(field)
    if (/^(0|[1-9][0-9]{0,9})$/.test(text) && Number(text) <= max) return Number(text)
    throw new RecordError(`${quoted(text)} must be its ${field}, a number from 0 to ${max}`)
  }

  /** Text of printable ASCII, as the records of RFC 3403 and RFC 8659 hold it. */
  ascii(field: string, maxLength: number): string {
    const text = this.text(field)
    if (text.length > maxLength) throw new RecordError(`has a ${field} of more than ${maxLength} characters`)
    if (/^[ -~]*$/.test(text)) return text
    throw new RecordError(`${quoted(text)} must be its ${field}, of printable ASCII characters`)
  }

  /** All that is left, joined: digits may be written in groups. In lower case. */
  hexadecimal(field: string): string {
    const text = this.rest()
      .map((word) => word.text)
      .join('')
    if (/^([0-9a-fA-F]{2})+$/.test(text)) return text.toLowerCase()
    throw new RecordError(`${quoted(text)} must be its ${field}, an even number of hexadecimal digits`)
  }

  rest(): readonly Word[] {
    return this.#words.splice(0).reverse()
  }

  /** Nothing more stands there. */
  end(): void {
    const word = this.#words.pop()
    if (word !== undefined) throw new RecordError(`goes on with ${quoted(word.text)}, which is too much`)
  }
}
