import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../fixtures/eventually.ts'
import { get } from '../fixtures/get.ts'
import { type Installation, installation } from '../fixtures/installation.ts'

const run = promisify(execFile)

const UID_BASE = 1_064_000_000
const MEBI = 2 ** 20
const FULL = 'pl5full'
const NEXT = 'pl5next'
const CONVERGES_WITHIN_MS = 120_000

interface Seen {
  readonly type: string
  readonly status: string
  readonly reason: string
  readonly message: string
}

/** Accounts whose trees are on a btrfs image, one of which is made to fill its storage. */
describe('an account that fills its storage', () => {
  let palisade: Installation
  let data: string

  const specOf = (account: string) => join(palisade.paths.specs, `${account}.yaml`)
  const writeSpec = (account: string, storage: string, more: object = {}): Promise<void> =>
    writeFile(
      specOf(account),
      JSON.stringify({
        apiVersion: 'palisade.dev/v1',
        kind: 'Account',
        metadata: { name: account },
        spec: {
          limits: { cpu: '1', memory: '512Mi', storage },
          web: { server: 'nginx' },
          sites: [{ domain: `${account}.localhost`, ...more }],
        },
      }),
    )
  const conditions = async (account: string): Promise<ReadonlyMap<string, Seen>> => {
    const object = JSON.parse(await readFile(join(palisade.paths.state, 'status/accounts', `${account}.json`), 'utf8'))
    const list: readonly Seen[] = object.status.conditions
    return new Map(list.map((condition) => [condition.type, condition]))
  }
  const becomes = (account: string, type: string, wanted: Partial<Seen>): Promise<void> =>
    eventually(
      `${account}: ${type} ${JSON.stringify(wanted)}`,
      async () => {
        await palisade.cli('reconcile', account)
        const seen = (await conditions(account)).get(type)
        return seen !== undefined && Object.entries(wanted).every(([key, value]) => Reflect.get(seen, key) === value)
      },
      CONVERGES_WITHIN_MS,
    )
  const serves = async (account: string): Promise<boolean> =>
    (await get(palisade.httpPort, `${account}.localhost`).catch(() => ({ status: 0 }))).status === 200
  const passes = async (): Promise<number> =>
    (await palisade.logLines()).filter(({ msg, key }) => msg === 'pass done' && key === `Account/${FULL}`).length
  /** Of the group that counts the first account. */
  const group = async (file: string): Promise<string> => {
    const { stdout } = await run('findmnt', ['--noheadings', '--output', 'UUID', data])
    return (await readFile(`/sys/fs/btrfs/${stdout.trim()}/qgroups/1_${UID_BASE}/${file}`, 'utf8')).trim()
  }
  /** Writes as the user of the site, until no more is taken. */
  const fill = async (): Promise<string> => {
    const uid = `${UID_BASE + 10_000_000 + 999}`
    const path = join(data, 'tenants', FULL, 'sites', `${FULL}.localhost`, 'filled')
    // Only the tenant's group may pass through its tree.
    const writer = [
      '--reuid',
      uid,
      '--regid',
      `${UID_BASE}`,
      '--clear-groups',
      'dd',
      'if=/dev/zero',
      `of=${path}`,
      'bs=1M',
    ]
    return run('setpriv', [...writer, 'conv=fsync'], { timeout: 120_000 }).then(
      () => 'all was taken',
      (error: Error) => error.message,
    )
  }

  beforeAll(async () => {
    palisade = await installation({
      instance: 'pl5',
      ipv4Pool: '10.114.0.0/16',
      uidBase: UID_BASE,
      storageImage: '4Gi',
    })
    data = join(palisade.paths.state, 'data')
    await writeSpec(FULL, '1Gi')
    await palisade.start()
    await palisade.cli('wait', FULL, '--for=Ready', '--timeout', '5m')
    await writeSpec(NEXT, '1Gi')
    await eventually('the second account is known', async () => (await palisade.cli('plan', NEXT)).code === 0)
    const { err, code } = await palisade.cli('wait', NEXT, '--for=Ready', '--timeout', '5m')
    expect(err + code).toMatch(/0$/)
  }, 700_000)

  afterAll(async () => {
    await palisade?.remove()
  })

  it('is held to its limit, layers of its images included', async () => {
    expect((await conditions(FULL)).get('StorageLimitEnforced')).toMatchObject({ status: 'True' })
    expect((await conditions(FULL)).get('StorageAvailable')).toMatchObject({ status: 'True' })
    expect(await group('max_referenced')).toBe(`${1024 * MEBI}`)
    const { out } = await palisade.program('docker', '--context', FULL, 'info', '--format', '{{.Driver}}')
    expect(out.trim()).toBe('overlay2')
    await eventually('layers are counted', async () => Number(await group('referenced')) > 50 * MEBI)
    const { out: described } = await palisade.cli('describe', FULL)
    expect(described).toMatch(/storage +1024 MiB +\d+ MiB/)
  })

  it('has the limit put back that was lifted by hand, and told', async () => {
    await run('btrfs', ['qgroup', 'limit', 'none', `1/${UID_BASE}`, data])
    await palisade.cli('reconcile', FULL)
    await eventually('the limit is back', async () => (await group('max_referenced')) === `${1024 * MEBI}`)
    const { out } = await palisade.cli('events', FULL)
    expect(out).toContain('the tree is held to bytes unlimited')
  })

  it('can not escape it with a subvolume, which any user may make', async () => {
    const uid = `${UID_BASE + 10_000_000 + 999}`
    const nested = join(data, 'tenants', FULL, 'sites', `${FULL}.localhost`, 'nested')
    const maker = ['--reuid', uid, '--regid', `${UID_BASE}`, '--clear-groups', 'btrfs', 'subvolume', 'create', nested]
    await run('setpriv', maker)
    await eventually('it is counted', async () => {
      const { stdout } = await run('btrfs', ['qgroup', 'show', '-p', '--raw', data])
      return stdout.split('\n').some((line) => line.includes('/nested') && line.includes(`1/${UID_BASE}`))
    })
    expect((await palisade.cli('events', FULL)).out).toContain('is not counted')
  })

  it('meets the limit, which its neighbour does not notice', async () => {
    expect(await fill()).toContain('Disk quota exceeded')
    await becomes(FULL, 'StorageAvailable', { status: 'False', reason: 'StorageNearlyFull' })
    expect(await serves(FULL)).toBe(true)
    expect(await serves(NEXT)).toBe(true)
    await becomes(NEXT, 'Ready', { status: 'True' })
    await becomes(FULL, 'Ready', { status: 'True' })
  })

  it('is told of when nothing can be written for it, goes on as it was, and is not tried again and again', async () => {
    await writeSpec(FULL, '1Gi', { aliases: ['alias-of-full.localhost'] })
    const before = await passes()
    await eventually('the change is taken up', async () => (await passes()) > before)
    const ready = (await conditions(FULL)).get('Ready')
    // Where root may write beyond a limit, the change is in force.
    if (ready?.status === 'False') {
      expect(ready.reason).toBe('StorageFull')
      expect(ready.message).toContain('storage limit')
    }
    expect(await serves(FULL)).toBe(true)
    expect(await passes()).toBeLessThan(before + 10)
  })

  it('takes a higher limit live, and all is well', async () => {
    await writeSpec(FULL, '1280Mi', { aliases: ['alias-of-full.localhost'] })
    await becomes(FULL, 'Ready', { status: 'True' })
    await becomes(FULL, 'StorageAvailable', { status: 'True' })
    expect(await group('max_referenced')).toBe(`${1280 * MEBI}`)
    await eventually('the alias is served', async () => {
      return (await get(palisade.httpPort, 'alias-of-full.localhost')).status === 200
    })
  })

  it('comes back with its limit after the host has stopped', async () => {
    await palisade.stop()
    expect((await palisade.cli('down')).code).toBe(0)
    expect(await readdir(data)).toEqual([])
    await palisade.start()
    await becomes(FULL, 'Ready', { status: 'True' })
    await becomes(FULL, 'StorageLimitEnforced', { status: 'True' })
    expect(await group('max_referenced')).toBe(`${1280 * MEBI}`)
  })

  it('can be deleted while it is full; its archive is counted to nobody', async () => {
    expect(await fill()).toContain('Disk quota exceeded')
    await rm(specOf(FULL))
    expect((await palisade.cli('wait', FULL, '--for=delete', '--timeout', '3m')).code).toBe(0)
    expect(await readdir(join(data, 'tenants'))).toEqual([NEXT])
    const [archive = ''] = await readdir(join(data, 'archive'))
    expect((await readdir(join(data, 'archive', archive))).sort()).toEqual(['archive.json', 'data', 'sites'])
    await expect(group('referenced')).rejects.toMatchObject({ code: 'ENOENT' })
    expect(await serves(NEXT)).toBe(true)
  })

  it('leaves no mount and no image after down --purge', async () => {
    const { code, err } = await palisade.cli('down', '--purge')
    expect(err + code).toMatch(/0$/)
    expect(existsSync(palisade.paths.state)).toBe(false)
    const { stdout } = await run('losetup', ['--list', '--noheadings', '--output', 'BACK-FILE'])
    expect(stdout).not.toContain(palisade.paths.state)
  })
})
