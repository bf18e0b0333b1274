import { constants, createWriteStream, type Dirent } from 'node:fs'
import { chmod, lchown, mkdir, open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Owner } from '../../plan/resources.ts'
import { TerminalError } from '../../ports/errors.ts'
import { hasCode } from '../system-error.ts'

const MAX_BYTES = 1024 ** 3
const MAX_ENTRIES = 100_000

const DIRECTORY_MODE = 0o755
const FILE_MODE = 0o644
const PROGRAM_MODE = 0o755
const ANY_EXECUTE = 0o111

interface Budget {
  bytes: number
  entries: number
}

const spend = (budget: Budget, bytes: number, seed: string): void => {
  budget.entries -= 1
  budget.bytes -= bytes
  if (budget.entries < 0 || budget.bytes < 0) {
    throw new TerminalError('SeedTooLarge', `${seed} has more than ${MAX_ENTRIES} entries or ${MAX_BYTES} bytes`)
  }
}

const copyFile = async (source: string, target: string, owner: Owner, budget: Budget): Promise<void> => {
  const file = await open(source, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const stats = await file.stat()
    spend(budget, stats.size, source)
    await pipeline(file.createReadStream({ autoClose: false }), createWriteStream(target, { flags: 'wx' }))
    await chmod(target, (stats.mode & ANY_EXECUTE) === 0 ? FILE_MODE : PROGRAM_MODE)
    await lchown(target, owner.uid, owner.gid)
  } finally {
    await file.close()
  }
}

const copyDirectory = async (source: string, target: string, owner: Owner, budget: Budget): Promise<void> => {
  for (const entry of await listDirectory(source)) {
    const from = join(source, entry.name)
    const to = join(target, entry.name)
    if (entry.isFile()) {
      await copyFile(from, to, owner, budget)
    } else if (entry.isDirectory()) {
      spend(budget, 0, from)
      await mkdir(to, { mode: DIRECTORY_MODE })
      await copyDirectory(from, to, owner, budget)
      await lchown(to, owner.uid, owner.gid)
    } else {
      throw new TerminalError('SeedRefused', `${from} is neither a file nor a directory; a seed has nothing else`)
    }
  }
}

const listDirectory = (path: string): Promise<Dirent[]> =>
  readdir(path, { withFileTypes: true }).catch((cause: unknown) => {
    if (!hasCode(cause, 'ENOENT', 'ENOTDIR')) throw cause
    throw new TerminalError('SeedMissing', `the seed ${path} is not a directory`, { cause })
  })

/**
 * Copies what is in the directory `seed` into the directory `target`, for `owner`. Files keep their bit to be executed,
 * and no other mode.
 *
 * @throws TerminalError `SeedMissing`; `SeedRefused` for links, sockets and devices; `SeedTooLarge` above 1 GiB or
 *   100,000 entries.
 */
export const copySeed = (seed: string, target: string, owner: Owner): Promise<void> =>
  copyDirectory(seed, target, owner, { bytes: MAX_BYTES, entries: MAX_ENTRIES })
