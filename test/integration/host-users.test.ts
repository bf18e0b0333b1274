import { readFileSync } from 'node:fs'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { runProgram } from '../../src/drivers/host/program.ts'
import { describeUsers } from '../contract/host-users.ts'
import { removeDirectories, tenant, users } from './host-scene.ts'

const it = tenant('ptcuser', 40)
const { account, allocation } = it
const foreign = 'ptcforeign'

const linesOf = (file: string): readonly string[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith(`${account}:`))

afterAll(removeDirectories)

describeUsers('the shadow driver', () => ({
  users,
  account,
  allocation,
  otherAccount: 'ptcuserb',
  otherAllocation: tenant('ptcuserb', 47).allocation,
  async makeForeign(name) {
    await runProgram('useradd', ['--system', '--no-create-home', '--', name])
  },
  async removeForeign(name) {
    await runProgram('userdel', ['--', name])
  },
}))

describe('a system user', () => {
  beforeEach(() => users.ensure(account, allocation))
  afterEach(() => users.drop(account))

  test('has its ids, no shell, no password, and exactly one subordinate range', () => {
    const { uid, gid, subIdBase } = allocation
    expect(linesOf('/etc/passwd')).toEqual([
      `${account}:x:${uid}:${gid}:Palisade tenant of pltest-c:/var/lib/pltest-c/tenants/${account}/home:/usr/sbin/nologin`,
    ])
    expect(linesOf('/etc/group')).toEqual([`${account}:x:${gid}:`])
    expect(linesOf('/etc/shadow')[0]).toMatch(/^ptcuser:!+:/)
    expect(linesOf('/etc/subuid')).toEqual([`${account}:${subIdBase}:65536`])
    expect(linesOf('/etc/subgid')).toEqual([`${account}:${subIdBase}:65536`])
  })

  test.each([
    ['a shell', ['--shell', '/bin/sh']],
    ['a password', ['--password', '$6$salt$hash']],
    ['a second subordinate range', ['--add-subuids', '1079000000-1079000009']],
    ['no subordinate gids', ['--del-subgids', `${allocation.subIdBase}-${allocation.subIdBase + 65_535}`]],
  ])('is healed when it has got %s', async (_what, change) => {
    await runProgram('usermod', [...change, '--', account])
    expect(await users.observe(account, allocation)).toBe('incomplete')
    await users.ensure(account, allocation)
    expect(await users.observe(account, allocation)).toBe('ours')
    expect(linesOf('/etc/subuid')).toHaveLength(1)
  })

  test('leaves no line in any account file', async () => {
    await users.drop(account)
    for (const file of ['passwd', 'group', 'shadow', 'gshadow', 'subuid', 'subgid'])
      expect(linesOf(`/etc/${file}`)).toEqual([])
  })
})

describe('an id that another one has', () => {
  const other = tenant('ptcother', 41)

  test.each([
    ['the uid', ['--uid', `${other.allocation.uid}`]],
    ['the gid', ['--gid', `${other.allocation.gid}`]],
  ])('is refused: %s', async (what, fields) => {
    if (what === 'the gid') await runProgram('groupadd', ['--gid', `${other.allocation.gid}`, foreign])
    await runProgram('useradd', ['--system', '--no-log-init', '--no-create-home', ...fields, '--', foreign])
    try {
      expect(await users.observe(other.account, other.allocation)).toBe('overlapping')
      await expect(users.ensure(other.account, other.allocation)).rejects.toMatchObject({ reason: 'IdsTaken' })
    } finally {
      await runProgram('userdel', ['--', foreign])
    }
  })
})

test('accounts made at the same time wait for one another', async () => {
  const tenants = [42, 43, 44, 45].map((index) => tenant(`ptcmany${index}`, index))
  try {
    await Promise.all(tenants.map((one) => users.ensure(one.account, one.allocation)))
    for (const one of tenants) expect(await users.observe(one.account, one.allocation)).toBe('ours')
  } finally {
    await Promise.all(tenants.map((one) => users.drop(one.account)))
  }
})
