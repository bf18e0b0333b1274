const MAX_DISTANCE = 3

/** Edits of one character between two words (Levenshtein). */
const distance = (left: string, right: string): number => {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (const [i, character] of [...left].entries()) {
    const next = [i + 1]
    for (let j = 1; j <= right.length; j++) {
      const substitution = (row[j - 1] ?? 0) + (character === right[j - 1] ? 0 : 1)
      next.push(Math.min(substitution, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}

/** The candidate that `word` is a slip of, if any is near enough. */
export const nearest = (word: string, candidates: Iterable<string>): string | undefined => {
  let best: string | undefined
  let least = Math.min(MAX_DISTANCE, Math.ceil(word.length / 2)) + 1
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) > MAX_DISTANCE) continue
    const edits = distance(word.toLowerCase(), candidate.toLowerCase())
    if (edits < least) {
      best = candidate
      least = edits
    }
  }
  return best
}

/** Ends a message: what may have been meant, or else what there is. `allowed` lists at most ten. */
export const suggest = (word: string, allowed: readonly string[]): string => {
  const near = nearest(word, allowed)
  if (near !== undefined) return `did you mean ${near}?`
  if (allowed.length === 0) return 'there is none'
  const shown = allowed.slice(0, 10).join(', ')
  return allowed.length > 10 ? `there are ${shown} and more` : `there is ${shown}`
}
