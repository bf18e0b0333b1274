import type { Dirent } from 'node:fs'
import { lstat, mkdir, readdir, rename, rm, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isEdgeEntry } from '../../plan/edge-entry.ts'
import { type HostSettings, hostLayout } from '../../plan/settings.ts'
import { TerminalError } from '../../ports/errors.ts'
import type { Edge } from '../../ports/host.ts'
import { hasCode, undefinedIfMissing } from '../system-error.ts'
import { isHostName } from './names.ts'

/**
 * What stands where a host's directory belongs. A symbolic link is no directory, wherever it leads: what is behind it is
 * not the table's, and is neither read nor removed.
 */
const entriesOf = async (directory: string): Promise<readonly Dirent[] | 'missing' | 'foreign'> => {
  const standing = await lstat(directory).catch(undefinedIfMissing)
  if (standing === undefined) return 'missing'
  return standing.isDirectory() ? readdir(directory, { withFileTypes: true }) : 'foreign'
}

const checkHost = (host: string): void => {
  if (!isHostName(host)) {
    throw new TerminalError(
      'InvalidRoute',
      `${JSON.stringify(host.slice(0, 300))} is not a host name in lower case: use letters, digits, hyphens and dots`,
    )
  }
}

const checkEntry = (entry: string): void => {
  if (!isEdgeEntry(entry)) {
    throw new TerminalError('InvalidRoute', `${JSON.stringify(entry.slice(0, 300))} can't stand in the edge's table`)
  }
}

const isUsable = (entry: Dirent): boolean => entry.isFile() && isEdgeEntry(entry.name)

/** Renames one entry to `wanted`, so that a request meets the old or the new one, and removes what else is there. */
const replaceEntry = async (directory: string, entries: readonly Dirent[], wanted: string): Promise<void> => {
  const usable = entries.filter(isUsable).map(({ name }) => name)
  const kept = usable.includes(wanted) ? wanted : usable[0]
  for (const { name } of entries.filter((entry) => entry.name !== kept)) {
    await rm(join(directory, name), { recursive: true, force: true })
  }
  if (kept === undefined) await writeFile(join(directory, wanted), '', { mode: 0o644 })
  else if (kept !== wanted) await rename(join(directory, kept), join(directory, wanted))
}

/**
 * The edge's table: a directory per host below the run directory, in it one empty file whose name says what is answered, see `plan/edge-entry`.
 * Caddy reads it for each request. Names that begin with a dot are unfinished work and no host name.
 * Called by the worker, for a host by one caller at a time.
 */
export const fileTable = (settings: HostSettings): Edge => {
  const { edge: table } = hostLayout(settings)

  const add = async (host: string, entry: string): Promise<void> => {
    const unfinished = join(table, `.+${host}`)
    await rm(unfinished, { recursive: true, force: true })
    await mkdir(unfinished, { recursive: true, mode: 0o755 })
    await writeFile(join(unfinished, entry), '', { mode: 0o644 })
    await rename(unfinished, join(table, host))
  }

  return {
    async observe(hosts) {
      const observed = new Map<string, string>()
      for (const host of hosts.filter(isHostName)) {
        const entries = await entriesOf(join(table, host))
        const [entry, ...rest] = typeof entries === 'string' ? [] : entries
        // Anything but one good entry is no entry, so that it gets published again.
        if (entry !== undefined && rest.length === 0 && isUsable(entry)) observed.set(host, entry.name)
      }
      return observed
    },

    async publish(host, entry) {
      checkHost(host)
      checkEntry(entry)
      const directory = join(table, host)
      const entries = await entriesOf(directory)
      // Not recursive: it removes the link or the file, and nothing else.
      if (entries === 'foreign') await unlink(directory)
      if (typeof entries === 'string') await add(host, entry)
      else await replaceEntry(directory, entries, entry)
    },

    async withdraw(host) {
      checkHost(host)
      const gone = join(table, `.-${host}`)
      await rm(gone, { recursive: true, force: true })
      try {
        await rename(join(table, host), gone)
      } catch (error) {
        if (hasCode(error, 'ENOENT')) return
        throw error
      }
      await rm(gone, { recursive: true, force: true })
    },
  }
}
