import { chown, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../fixtures/eventually.ts'
import { get } from '../fixtures/get.ts'
import { type Installation, installation } from '../fixtures/installation.ts'

const ACCOUNT = 'pl4again'
const HOST = 'again.test'
const MARK = 'of the former account'
const spec = {
  apiVersion: 'palisade.dev/v1',
  kind: 'Account',
  metadata: { name: ACCOUNT },
  spec: {
    limits: { cpu: '2', memory: '1Gi', io: { read: '400M', write: '400M' } },
    sites: [{ domain: HOST }],
    databases: [{ engine: 'mariadb', schemas: [{ name: 'shop', owner: 'shop' }] }],
  },
}

const lines = async (file: string): Promise<readonly string[]> => (await readFile(file, 'utf8')).split('\n')

/** Paths of everything below a directory that is a file. */
const filesBelow = async (directory: string): Promise<readonly string[]> =>
  (await readdir(directory, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))

describe.each([true, false])('an account that was deleted and made again, its data kept: %s', (retainData) => {
  let palisade: Installation
  const file = () => join(palisade.paths.specs, 'again.yaml')
  const tree = () => join(palisade.paths.state, 'tenants', ACCOUNT)
  const archives = () => join(palisade.paths.state, 'archive')

  const make = async (): Promise<void> => {
    await writeFile(file(), JSON.stringify(spec))
    const { code, err } = await palisade.cli('wait', ACCOUNT, '--for=Ready', '--timeout', '5m')
    expect(err + code).toMatch(/0$/)
  }

  /** What an account is given, and what is made up for it. */
  const identity = async () => {
    const record = JSON.parse(await readFile(join(palisade.paths.state, 'records/accounts', `${ACCOUNT}.json`), 'utf8'))
    const { out } = await palisade.cli('get', 'accounts', ACCOUNT, '--output', 'json')
    const [user = ''] = (await lines('/etc/passwd')).filter((line) => line.startsWith(`${ACCOUNT}:`))
    const subordinate = (await lines('/etc/subuid')).filter((line) => line.startsWith(`${ACCOUNT}:`))
    const names = (await filesBelow(join(tree(), 'secrets'))).toSorted()
    return {
      index: Number(record.index),
      address: /"address": "([^"]+)"/.exec(out)?.[1],
      uid: Number(user.split(':')[2]),
      subordinate,
      subIdBase: Number(subordinate[0]?.split(':')[1]),
      secrets: await Promise.all(names.map((name) => readFile(name, 'utf8'))),
    }
  }

  /** Paths in the tree whose owner or group is one of the ids. */
  const ownedBy = async ({ uid, subIdBase }: { uid: number; subIdBase: number }): Promise<readonly string[]> => {
    const within = ['uid', 'gid'].flatMap((id) => [
      ...['-o', `-${id}`, `${uid}`],
      ...['-o', '(', `-${id}`, `+${subIdBase - 1}`, `-${id}`, `-${subIdBase + 65_536}`, ')'],
    ])
    const { code, out, err } = await palisade.program('find', tree(), '(', ...within.slice(1), ')')
    expect(err + code).toBe('0')
    return out.split('\n').filter((path) => path !== '')
  }

  /** A file of the customer's and one of a database's, each as their programs would leave it. */
  const leaveMarks = async (subIdBase: number): Promise<void> => {
    for (const place of [join(tree(), 'sites', HOST), join(tree(), 'data', 'mariadb')]) {
      await writeFile(join(place, 'former.txt'), MARK, { mode: 0o644 })
      await chown(join(place, 'former.txt'), subIdBase + 999, subIdBase + 999)
    }
  }

  const end = async (): Promise<void> => {
    await rm(file())
    await eventually(
      'nothing of it is left',
      async () => {
        const records = await readdir(join(palisade.paths.state, 'records/accounts'))
        const users = await lines('/etc/passwd')
        return records.length === 0 && !users.some((line) => line.startsWith(`${ACCOUNT}:`))
      },
      90_000,
    )
  }

  let former: Awaited<ReturnType<typeof identity>>
  let present: Awaited<ReturnType<typeof identity>>

  beforeAll(async () => {
    palisade = await installation({ instance: 'pl4', ipv4Pool: '10.113.0.0/16', uidBase: 1_063_000_000 })
    const hostFile = join(palisade.paths.specs, 'host.yaml')
    const host = JSON.parse(await readFile(hostFile, 'utf8'))
    await writeFile(hostFile, JSON.stringify({ ...host, spec: { ...host.spec, deletion: { retainData } } }))
    await palisade.start()
    await make()
    former = await identity()
    await leaveMarks(former.subIdBase)
    expect(await get(palisade.httpPort, HOST, '/former.txt')).toMatchObject({ status: 200, body: MARK })
    await end()
    await make()
    present = await identity()
  }, 600_000)

  afterAll(async () => {
    await palisade?.remove()
  }, 180_000)

  it('has another index, address, user id and subordinate range, and the former ones stand in no file', async () => {
    expect([former.uid, former.subIdBase].every((id) => id > 1_063_000_000 - 1)).toBe(true)
    for (const key of ['index', 'address', 'uid', 'subIdBase'] as const) {
      expect(present[key]).not.toBe(former[key])
    }
    expect(present.subordinate).toHaveLength(1)
    expect(Math.abs(present.subIdBase - former.subIdBase)).toBeGreaterThanOrEqual(65_536)
    for (const name of ['subuid', 'subgid', 'passwd', 'group'])
      expect((await lines(`/etc/${name}`)).filter((line) => line.includes(`:${former.subIdBase}:`))).toEqual([])
  })

  it('has other passwords', () => {
    expect(former.secrets.length).toBeGreaterThan(0)
    expect(present.secrets).toHaveLength(former.secrets.length)
    expect(present.secrets.filter((secret) => former.secrets.includes(secret))).toEqual([])
  })

  it('has no file of the former one, and none that belongs to it', async () => {
    expect((await get(palisade.httpPort, HOST, '/former.txt')).status).toBe(404)
    expect(await ownedBy(former)).toEqual([])
    expect(await ownedBy(present)).not.toEqual([])
  })

  it('cannot read what was kept, not even as the root of its sandbox', async () => {
    const kept = retainData ? (await filesBelow(archives())).filter((path) => path.endsWith('former.txt')) : []
    expect(kept).toHaveLength(retainData ? 2 : 0)
    if (!retainData) return expect(await readdir(archives()).catch(() => [])).toEqual([])
    expect((await stat(kept[0] ?? '')).uid).toBe(former.subIdBase + 999)
    const holder = JSON.parse(await readFile(join(palisade.paths.run, 'tenants', ACCOUNT, 'holder.json'), 'utf8'))
    const entry = ['--target', `${holder.pid}`, '--user', '--mount', '--setuid', '0', '--setgid', '0', '--']
    for (const command of [
      ['ls', archives()],
      ['cat', ...kept],
    ]) {
      const { code, out, err } = await palisade.program('nsenter', ...entry, ...command)
      expect([out, err]).toEqual(['', expect.stringContaining('Permission denied')])
      expect(code).toBeGreaterThan(0)
    }
  })

  it('is held to its limits of the disk', async () => {
    const { out } = await palisade.cli('get', 'accounts', ACCOUNT, '--output', 'json')
    const [condition] = /\{[^{}]*"IoLimitEnforced"[^{}]*\}/.exec(out) ?? []
    expect(JSON.parse(condition ?? '{}')).toMatchObject({ status: 'True' })
  })
})
