/** Runs work one after another for each key, in the order in which it came. Keys without work cost nothing. */
export type Turns = <T>(key: string, work: () => Promise<T>) => Promise<T>

export const createTurns = (): Turns => {
  /** The last work of each key, which settles without an error. */
  const last = new Map<string, Promise<void>>()
  return (key, work) => {
    const before = last.get(key)
    const result = before === undefined ? work() : before.then(work)
    const settled = result
      .then(
        () => undefined,
        () => undefined,
      )
      .then(() => {
        if (last.get(key) === settled) last.delete(key)
      })
    last.set(key, settled)
    return result
  }
}
