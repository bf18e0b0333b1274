import { capacity, SUBORDINATE_IDS } from '../../plan/allocation.ts'
import type { Allocation } from '../../plan/resources.ts'
import { type HostSettings, tenantLayout } from '../../plan/settings.ts'
import { TerminalError } from '../../ports/errors.ts'
import type { Users } from '../../ports/host.ts'
import type { Clock } from '../../ports/store.ts'
import { type AccountFiles, createAccountFilesReader } from './account-files.ts'
import type { IdRange } from './id-ranges.ts'
import { poll } from './poll.ts'
import { ProgramError, type RunProgram } from './program.ts'

const NO_LOGIN = '/usr/sbin/nologin'
const LOCK_PATIENCE = { timeoutMs: 30_000, intervalMs: 100 }

export interface UsersOptions {
  readonly settings: HostSettings
  readonly runProgram: RunProgram
  readonly clock: Clock
  /** Where the account files are, usually `/etc`; the tools know of no other place. */
  readonly accountFiles: string
}

/** What stands in the user's comment field: the mark without which no user is touched. */
export const userMark = (settings: HostSettings): string => `Palisade tenant of ${settings.instance}`

interface Identity extends Allocation {
  readonly account: string
}

interface Wanted extends Identity {
  readonly home: string
  readonly mark: string
}

const isExactly = (range: IdRange, { subIdBase }: Allocation): boolean =>
  range.first === subIdBase && range.count === SUBORDINATE_IDS

/** Why the account can't have a user of its name; undefined when it can. */
const findNamesake = (files: AccountFiles, { account, gid, mark }: Wanted): string | undefined => {
  const user = files.users.get(account)
  if (user && user.comment !== mark) return `a user ${account} exists that is not Palisade's`
  const group = files.groups.get(account)
  if (group && group.gid !== gid && group.gid !== user?.gid) return `a group ${account} exists that is not Palisade's`
  return undefined
}

const describeRange = ({ name, first, count }: IdRange, what: string): string =>
  count === 1 ? `${name} has the ${what} ${first}` : `${name} has the ${what}s ${first} to ${first + count - 1}`

/** Who else has one of the ids, in words: as their own, or as subordinate ones. */
const findOccupant = ({ taken }: AccountFiles, wanted: Identity): string | undefined => {
  const { account, uid, gid, subIdBase } = wanted
  const whats = [
    ['uid', taken.uids],
    ['gid', taken.primaryGids],
    ['gid', taken.gids],
    ['subordinate uid', taken.subuids],
    ['subordinate gid', taken.subgids],
  ] as const
  for (const [what, ranges] of whats)
    for (const [first, count] of [[uid, 1] as const, [gid, 1] as const, [subIdBase, SUBORDINATE_IDS] as const]) {
      const other = ranges.findOther(account, first, count)
      if (other !== undefined) return describeRange(other, what)
    }
  return undefined
}

const hasExactRange = (ranges: readonly IdRange[], wanted: Wanted): boolean => {
  const own = ranges.filter(({ name }) => name === wanted.account)
  return own.length === 1 && own.every((range) => isExactly(range, wanted))
}

const isComplete = (files: AccountFiles, wanted: Wanted): boolean => {
  const user = files.users.get(wanted.account)
  return (
    user?.uid === wanted.uid &&
    user.gid === wanted.gid &&
    user.shell === NO_LOGIN &&
    user.home === wanted.home &&
    files.groups.get(wanted.account)?.gid === wanted.gid &&
    files.locked.has(wanted.account) &&
    hasExactRange(files.subuids, wanted) &&
    hasExactRange(files.subgids, wanted)
  )
}

/** Arguments of usermod(8) that turn `ranges` into the one range wanted. */
const rangeArguments = (kind: 'uids' | 'gids', ranges: readonly IdRange[], wanted: Wanted): string[] => {
  const own = ranges.filter(({ name }) => name === wanted.account)
  if (hasExactRange(ranges, wanted)) return []
  return [
    ...own.flatMap(({ first, count }) => [`--del-sub${kind}`, `${first}-${first + count - 1}`]),
    `--add-sub${kind}`,
    `${wanted.subIdBase}-${wanted.subIdBase + SUBORDINATE_IDS - 1}`,
  ]
}

/** System users by Debian's shadow tools. */
export const createUsers = ({ settings, runProgram, clock, accountFiles }: UsersOptions): Users => {
  const readAccountFiles = createAccountFilesReader(accountFiles)
  const mark = userMark(settings)
  const want = (account: string, allocation: Allocation): Wanted => ({
    ...allocation,
    account,
    home: tenantLayout(settings, account).home,
    mark,
  })

  /** The files are locked one command at a time, by other administrators too: passwd.lock in lckpwdf(3). */
  const runLocked = async (file: string, args: readonly string[]): Promise<void> => {
    let refusal: ProgramError | undefined
    const done = await poll(clock, LOCK_PATIENCE, async () => {
      try {
        await runProgram(file, args, { timeoutMs: LOCK_PATIENCE.timeoutMs })
        return true
      } catch (error) {
        if (!(error instanceof ProgramError && /try again later|cannot lock/.test(error.stderr))) throw error
        refusal = error
        return undefined
      }
    })
    if (done === undefined) throw refusal
  }

  const ensureEntries = async (files: AccountFiles, { account, uid, gid, home }: Wanted): Promise<void> => {
    const group = files.groups.get(account)
    if (!group) await runLocked('groupadd', ['--gid', `${gid}`, '--', account])
    else if (group.gid !== gid) await runLocked('groupmod', ['--gid', `${gid}`, '--', account])
    const fields = ['--uid', `${uid}`, '--gid', `${gid}`, '--shell', NO_LOGIN]
    if (files.users.has(account)) {
      await runLocked('usermod', [...fields, '--home', home, '--password', '!', '--', account])
      return
    }
    // Without --no-log-init a high uid makes /var/log/lastlog a file of hundreds of gigabytes, if a sparse one.
    const created = ['--system', '--no-log-init', '--no-create-home', '--home-dir', home, '--comment', mark]
    await runLocked('useradd', [...fields, ...created, '--', account])
  }

  const isOwnId = (id: number): boolean => id >= settings.uidBase && id < settings.uidBase + capacity(settings)

  return {
    async observe(account, allocation) {
      const files = await readAccountFiles()
      const wanted = want(account, allocation)
      if (findNamesake(files, wanted) !== undefined) return 'foreign'
      if (findOccupant(files, wanted) !== undefined) return 'overlapping'
      if (!files.users.has(account)) return 'absent'
      return isComplete(files, wanted) ? 'ours' : 'incomplete'
    },

    async findOccupant(account, allocation) {
      return findOccupant(await readAccountFiles(), { ...allocation, account })
    },

    async findIndex(account) {
      const user = (await readAccountFiles()).users.get(account)
      return user && user.comment === mark && isOwnId(user.uid) ? user.uid - settings.uidBase : undefined
    },

    async ensure(account, allocation) {
      const files = await readAccountFiles()
      const wanted = want(account, allocation)
      const namesake = findNamesake(files, wanted)
      if (namesake !== undefined) throw new TerminalError('NameTaken', namesake)
      const occupant = findOccupant(files, wanted)
      if (occupant !== undefined) throw new TerminalError('IdsTaken', occupant)
      if (isComplete(files, wanted)) return
      await ensureEntries(files, wanted)
      const current = await readAccountFiles()
      const ranges = [
        ...rangeArguments('uids', current.subuids, wanted),
        ...rangeArguments('gids', current.subgids, wanted),
      ]
      if (ranges.length > 0) await runLocked('usermod', [...ranges, '--', account])
    },

    async drop(account) {
      const files = await readAccountFiles()
      const user = files.users.get(account)
      if (user && user.comment !== mark) return
      if (user) await runLocked('userdel', ['--', account])
      // A crash between two commands leaves a group without its user.
      const group = (await readAccountFiles()).groups.get(account)
      if (group && isOwnId(group.gid)) await runLocked('groupdel', ['--', account])
    },
  }
}
