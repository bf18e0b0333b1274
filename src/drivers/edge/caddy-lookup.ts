// An entry that is renamed between Caddy's reading of the directory and its opening of the entry is looked for again.
// A host without a directory costs one system call per look.
const looks = 6

/** Matches when the host has an entry, which is then named in `http.matchers.file.relative`. */
export const lookUp = (table: string, host: string) => ({
  file: { root: table, try_files: Array.from({ length: looks }, () => `/${host}/*`) },
})

// A set of matchers has no order: what is matched one after the other stands in routes within routes. A request that
// `matcher` does not take goes on behind them.
export const subroute = (matcher: object, handle: readonly object[]) => ({
  handler: 'subroute',
  routes: [{ match: [matcher], handle }],
})
