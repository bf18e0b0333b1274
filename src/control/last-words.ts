const MAX_LINES = 3
const MAX_LINE = 200

/** The last lines of what a service wrote, as one line without control characters that a terminal would obey. */
export const lastWords = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.replace(/[\p{C}\s]+/gu, ' ').trim())
    .filter((line) => line !== '')
    .slice(-MAX_LINES)
    .map((line) => (line.length > MAX_LINE ? `${line.slice(0, MAX_LINE)}…` : line))
    .join(' | ')
