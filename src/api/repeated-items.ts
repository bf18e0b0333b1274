const keyOf = (item: unknown, fields: readonly string[]): string | undefined => {
  if (fields.length === 0) return typeof item === 'string' ? item : undefined
  if (typeof item !== 'object' || item === null) return undefined
  const values = fields.map((field): unknown => Reflect.get(item, field))
  return values.every((value) => typeof value === 'string') ? JSON.stringify(values) : undefined
}

/** Index of each item whose key was there before. Items without a key are complained of elsewhere. */
export const repeatedItems = (items: readonly unknown[], fields: readonly string[]): number[] => {
  const seen = new Set<string>()
  return [...items.entries()].flatMap(([index, item]) => {
    const key = keyOf(item, fields)
    if (key === undefined) return []
    if (seen.has(key)) return [index]
    seen.add(key)
    return []
  })
}
