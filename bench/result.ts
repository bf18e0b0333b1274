export type Unit = 'ms' | 'µs' | 'MB' | '%' | '/s'

interface Line {
  /** Letter of the measurement; see docs/benchmarks.md. */
  readonly id: string
  readonly title: string
  readonly unit: Unit
  readonly value: number
}

/** One number that was measured. */
export type Result =
  /** Against another program in the same run; met when the ratio of the two is at most `goal`. */
  | (Line & { readonly kind: 'versus'; readonly peer: number; readonly peerName: string; readonly goal: number })
  /** The more the better: met when the ratio of the two is at least `goal`. */
  | (Line & { readonly kind: 'atLeast'; readonly peer: number; readonly peerName: string; readonly goal: number })
  /** Met when the value is below `goal`. */
  | (Line & { readonly kind: 'limit'; readonly goal: number })
  /** For the reader: nothing is asked of it. */
  | (Line & { readonly kind: 'info'; readonly peer?: number; readonly peerName?: string })

export interface JudgedResult {
  readonly ratio?: number
  readonly met?: boolean
}

/** What the goal says of a result; nothing where there is none. */
export const judge = (result: Result): JudgedResult => {
  switch (result.kind) {
    case 'versus': {
      const ratio = result.value / result.peer
      return { ratio, met: ratio <= result.goal }
    }
    case 'atLeast': {
      const ratio = result.value / result.peer
      return { ratio, met: ratio >= result.goal }
    }
    case 'limit':
      return { met: result.value < result.goal }
    case 'info':
      return result.peer === undefined ? {} : { ratio: result.value / result.peer }
  }
}

const number = (value: number, unit: Unit): string => `${value.toFixed(value < 10 ? 2 : 0)} ${unit}`

const goalText = (result: Result): string => {
  switch (result.kind) {
    case 'versus':
      return `at most ${result.goal} times`
    case 'atLeast':
      return `at least ${result.goal} times`
    case 'limit':
      return `under ${result.goal} ${result.unit}`
    case 'info':
      return ''
  }
}

const cells = (result: Result): readonly string[] => {
  const { ratio, met } = judge(result)
  const peer = result.kind === 'limit' || result.peer === undefined ? '' : number(result.peer, result.unit)
  return [
    `(${result.id})`,
    result.title,
    number(result.value, result.unit),
    peer,
    ratio === undefined ? '' : `${ratio.toFixed(2)}`,
    goalText(result),
    met === undefined ? '' : met ? 'met' : 'MISSED',
  ]
}

const HEADINGS = ['', 'what', 'palisade', 'peer', 'ratio', 'goal', '']

/** One line per result, in columns. */
export const formatResults = (results: readonly Result[]): string => {
  const rows = [HEADINGS, ...results.map(cells)]
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('')
}

/** The same for programs. */
export const resultsAsJson = (results: readonly Result[]): string =>
  `${JSON.stringify(
    results.map((result) => ({ ...result, ...judge(result) })),
    undefined,
    2,
  )}\n`
