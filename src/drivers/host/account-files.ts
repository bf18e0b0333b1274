import { readFile, stat } from 'node:fs/promises'
import { createIdRanges, type IdRange, type IdRanges } from './id-ranges.ts'
import { isAbsent } from './kernel-files.ts'

export interface PasswdEntry {
  readonly name: string
  readonly uid: number
  readonly gid: number
  readonly comment: string
  readonly home: string
  readonly shell: string
}

export interface GroupEntry {
  readonly name: string
  readonly gid: number
}

/** The host's account files, indexed. */
export interface AccountFiles {
  readonly users: ReadonlyMap<string, PasswdEntry>
  readonly groups: ReadonlyMap<string, GroupEntry>
  /** Names whose password can't match anything: shadow(5). */
  readonly locked: ReadonlySet<string>
  /** Lines of /etc/subuid and /etc/subgid: subuid(5). */
  readonly subuids: readonly IdRange[]
  readonly subgids: readonly IdRange[]
  /** All ids that anybody has, by the file that says so. */
  readonly taken: { readonly [F in 'uids' | 'primaryGids' | 'gids' | 'subuids' | 'subgids']: IdRanges }
}

const records = (text: string): readonly (readonly string[])[] =>
  text
    .split('\n')
    .filter((line) => line.includes(':'))
    .map((line) => line.split(':'))

const parsePasswd = (text: string) => {
  const entries = records(text).map(
    ([name = '', , uid, gid, comment = '', home = '', shell = '']): PasswdEntry => ({
      name,
      uid: Number(uid),
      gid: Number(gid),
      comment,
      home,
      shell,
    }),
  )
  return {
    users: new Map(entries.map((entry) => [entry.name, entry])),
    uids: createIdRanges(entries.map(({ name, uid }) => ({ name, first: uid, count: 1 }))),
    primaryGids: createIdRanges(entries.map(({ name, gid }) => ({ name, first: gid, count: 1 }))),
  }
}

const parseGroup = (text: string) => {
  const entries = records(text).map(([name = '', , gid]): GroupEntry => ({ name, gid: Number(gid) }))
  return {
    groups: new Map(entries.map((entry) => [entry.name, entry])),
    gids: createIdRanges(entries.map(({ name, gid }) => ({ name, first: gid, count: 1 }))),
  }
}

const parseShadow = (text: string): ReadonlySet<string> =>
  new Set(records(text).flatMap(([name = '', password = '']) => (/^[!*]/.test(password) ? [name] : [])))

const parseRanges = (text: string) => {
  const ranges = records(text).map(
    ([name = '', first, count]): IdRange => ({ name, first: Number(first), count: Number(count) }),
  )
  return { ranges, taken: createIdRanges(ranges) }
}

/** Reads a file and parses it again only when it has become another one. A missing file is an empty one. */
const parsedFile = <T>(path: string, parse: (text: string) => T): (() => Promise<T>) => {
  let version: string | undefined
  let parsed = parse('')
  return async () => {
    const { ino, size, mtimeNs } = await stat(path, { bigint: true })
    const current = `${ino}:${size}:${mtimeNs}`
    if (current === version) return parsed
    parsed = parse(await readFile(path, 'utf8'))
    version = current
    return parsed
  }
}

const orEmpty =
  <T>(read: () => Promise<T>, empty: T): (() => Promise<T>) =>
  () =>
    read().catch((error: unknown) => {
      if (isAbsent(error)) return empty
      throw error
    })

/**
 * A reader of the account files below `directory`, usually `/etc`. A pass over a thousand accounts costs a thousand
 * `stat` calls per file and no parsing.
 */
export const createAccountFilesReader = (directory: string): (() => Promise<AccountFiles>) => {
  const passwd = parsedFile(`${directory}/passwd`, parsePasswd)
  const group = parsedFile(`${directory}/group`, parseGroup)
  const shadow = parsedFile(`${directory}/shadow`, parseShadow)
  const noRanges = parseRanges('')
  const subuid = orEmpty(parsedFile(`${directory}/subuid`, parseRanges), noRanges)
  const subgid = orEmpty(parsedFile(`${directory}/subgid`, parseRanges), noRanges)
  return async () => {
    const [{ users, uids, primaryGids }, { groups, gids }, locked, subuids, subgids] = await Promise.all([
      passwd(),
      group(),
      shadow(),
      subuid(),
      subgid(),
    ])
    const taken = { uids, primaryGids, gids, subuids: subuids.taken, subgids: subgids.taken }
    return { users, groups, locked, subuids: subuids.ranges, subgids: subgids.ranges, taken }
  }
}
