import type { LoggedEvent } from './event-log.ts'
import type { Cell, Table } from './table.ts'

const HEADER = ['TIME', 'TYPE', 'REASON', 'OBJECT', 'MESSAGE']

/** Columns that further events fit into, most of them: a log that is followed can't know its widest line. */
export const FOLLOW_WIDTHS: readonly number[] = [20, 7, 13, 16, 0]

const toRow = ({ time, type, reason, object, message }: LoggedEvent): Cell[] => [
  time.replace(/\.\d+Z$/, 'Z'),
  { text: type, tone: type === 'Warning' ? 'warn' : 'plain' },
  reason,
  object,
  message,
]

export const eventTable = (events: readonly LoggedEvent[]): Table => ({ header: HEADER, rows: events.map(toRow) })
