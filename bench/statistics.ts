/** The value below which `share` (0 to 1) of the values lie, by nearest rank. @throws Error for no values. */
export const percentile = (values: readonly number[], share: number): number => {
  const sorted = [...values].sort((a, b) => a - b)
  const found = sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)]
  if (found === undefined) throw new Error('there is nothing to take a percentile of')
  return found
}

/** @throws Error for no values. */
export const median = (values: readonly number[]): number => percentile(values, 0.5)
