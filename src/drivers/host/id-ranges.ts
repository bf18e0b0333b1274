/** Ids that somebody has. */
export interface IdRange {
  readonly name: string
  readonly first: number
  readonly count: number
}

/** Finds who has ids of a range, in time that does not grow with the number of those who have others. */
export interface IdRanges {
  /** A range of another name that shares an id with `first` and the `count - 1` ids after it. */
  findOther(name: string, first: number, count: number): IdRange | undefined
}

/** How many of the ranges, which are sorted, begin before `id`. */
const countBefore = (sorted: readonly IdRange[], id: number): number => {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if ((sorted[middle]?.first ?? id) < id) low = middle + 1
    else high = middle
  }
  return low
}

/** Ranges of a size that is no positive number have no ids. */
export const createIdRanges = (ranges: readonly IdRange[]): IdRanges => {
  const sorted = ranges.filter(({ first, count }) => first >= 0 && count > 0).toSorted((a, b) => a.first - b.first)
  /** Where the furthest of a range and those before it ends. */
  const reach: number[] = []
  for (const { first, count } of sorted) reach.push(Math.max(reach.at(-1) ?? 0, first + count))
  return {
    findOther(name, first, count) {
      for (let at = countBefore(sorted, first + count) - 1; (reach[at] ?? 0) > first; at--) {
        const range = sorted[at]
        if (range !== undefined && range.name !== name && range.first + range.count > first) return range
      }
      return undefined
    },
  }
}
