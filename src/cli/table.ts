import { type Paint, printable, type Tone } from './paint.ts'

export type Cell = string | { readonly text: string; readonly tone: Tone }

export interface Table {
  readonly header: readonly string[]
  readonly rows: readonly (readonly Cell[])[]
}

const GAP = '   '

const textOf = (cell: Cell): string => printable(typeof cell === 'string' ? cell : cell.text)
const toneOf = (cell: Cell): Tone => (typeof cell === 'string' ? 'plain' : cell.tone)

/** Widths of all columns but the last, which is not padded. */
export const columnWidths = ({ header, rows }: Table): readonly number[] =>
  header.map((title, column) => Math.max(title.length, ...rows.map((row) => textOf(row[column] ?? '').length)))

/** Rows alone, for what is appended to a table that stands already. */
export const formatRows = (rows: Table['rows'], widths: readonly number[], paint: Paint): string =>
  rows
    .map((row) => {
      const cells = row.map((cell, column) => {
        const text = textOf(cell) || '-'
        const padding = column === row.length - 1 ? '' : ' '.repeat(Math.max(0, (widths[column] ?? 0) - text.length))
        return paint(toneOf(cell), text) + padding
      })
      return `${cells.join(GAP)}\n`
    })
    .join('')

/** Left-aligned columns under their titles; an empty cell is a dash. */
export const formatTable = (table: Table, paint: Paint, widths = columnWidths(table)): string =>
  formatRows([table.header], widths, (_tone, text) => paint('dim', text)) + formatRows(table.rows, widths, paint)
