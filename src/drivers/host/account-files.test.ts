import { mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createAccountFilesReader } from './account-files.ts'

let directory: string
const write = (name: string, text: string): void => writeFileSync(join(directory, name), text)

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'palisade-etc-'))
  write('passwd', 'root:x:0:0:root:/root:/bin/bash\nalice:x:5000:5001:Mark:/srv/alice:/usr/sbin/nologin\n')
  write('group', 'root:x:0:\nalice:x:5001:\n')
  write('shadow', 'root:$6$hash:20000::::::\nalice:!:20000::::::\n')
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

test('entries are found by name and by id', async () => {
  const files = await createAccountFilesReader(directory)()
  expect(files.users.get('alice')).toMatchObject({ uid: 5000, gid: 5001, comment: 'Mark', home: '/srv/alice' })
  expect(files.taken.uids.findOther('', 5000, 1)?.name).toBe('alice')
  expect(files.taken.gids.findOther('', 5001, 1)?.name).toBe('alice')
  expect([...files.locked]).toEqual(['alice'])
})

test('a host without subordinate ids has none', async () => {
  const files = await createAccountFilesReader(directory)()
  expect(files.subuids).toEqual([])
})

test('a changed file is read again, an unchanged one is not', async () => {
  const read = createAccountFilesReader(directory)
  const first = await read()
  expect((await read()).users).toBe(first.users)
  write('subuid', 'alice:100000:65536\n')
  write('passwd', 'root:x:0:0:root:/root:/bin/bash\n')
  const later = statSync(join(directory, 'passwd')).mtimeMs / 1000 + 1
  utimesSync(join(directory, 'passwd'), later, later)
  const second = await read()
  expect(second.users.has('alice')).toBe(false)
  expect(second.subuids).toEqual([{ name: 'alice', first: 100_000, count: 65_536 }])
  expect(second.groups).toBe(first.groups)
})
