const MAX_LINES = 3
const MAX_LINE = 200

/** How runtimes and servers begin the line that says why they end: `Error: …`, `ModuleNotFoundError: …`, `[ERROR] …`. */
const WHY = /^(?:\w+\.)*\w*(?:Error|Exception)(?: \[\w+\])?:|\bFatal error:|\b(?:FATAL|PANIC):|\[(?:ERROR|emerg|crit)\]/

/**
 * The last lines of what a service wrote, as one line without control characters that a terminal would obey. The last
 * one that says why it ended is among them, though a stack or a farewell stands below it.
 */
export const lastWords = (text: string): string => {
  const lines = text
    .split('\n')
    .map((line) => line.replace(/[\p{C}\s]+/gu, ' ').trim())
    .filter((line) => line !== '')
  const why = lines.findLastIndex((line) => WHY.test(line))
  const last = lines.slice(-MAX_LINES)
  const reason = lines[why]
  const told = reason === undefined || why >= lines.length - MAX_LINES ? last : [reason, ...last.slice(1)]
  return told.map((line) => (line.length > MAX_LINE ? `${line.slice(0, MAX_LINE)}…` : line)).join(' | ')
}
