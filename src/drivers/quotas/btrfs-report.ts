/** One subvolume in what `btrfs qgroup show -p --raw` prints. */
export interface SubvolumeRow {
  readonly id: number
  /** Ids of the groups of level 1 that count it. */
  readonly groups: readonly number[]
  /** From the top of the file system, without a leading slash; empty for what is being deleted. */
  readonly path: string
}

const ROW = /^(?<level>\d+)\/(?<id>\d+)\s+\d+\s+\d+\s+(?<parents>\S+)\s(?<path>.*)$/

const groupsOf = (parents: string): readonly number[] =>
  parents.split(',').flatMap((parent) => {
    const id = /^1\/(\d+)$/.exec(parent)?.[1]
    return id === undefined ? [] : [Number(id)]
  })

const toRow = (id: string, parents: string, path: string): SubvolumeRow => {
  const isPath = path !== '<stale>' && path !== '<toplevel>'
  return { id: Number(id), groups: groupsOf(parents), path: isPath ? path : '' }
}

/**
 * The subvolumes in a report; undefined when it can't be trusted. Paths stand in it as they are, and a tenant may choose names of
 * subvolumes with line ends in them, after which anything could follow. Such a name adds a line: a report is trusted that
 * tells of exactly the subvolumes that the kernel counts, each once, and has no line that is not understood.
 */
export const parseReport = (text: string, counted: readonly number[]): readonly SubvolumeRow[] | undefined => {
  const lines = text.split('\n').filter((line) => line !== '')
  const rows: SubvolumeRow[] = []
  for (const line of lines.slice(2)) {
    const { level, id, parents, path } = ROW.exec(line)?.groups ?? {}
    if (level === undefined || id === undefined || parents === undefined || path === undefined) return undefined
    if (level === '0') rows.push(toRow(id, parents, path.trim()))
  }
  const told = rows.map(({ id }) => id).sort((a, b) => a - b)
  return told.join() === counted.join() ? rows : undefined
}
