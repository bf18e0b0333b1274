import { randomBytes } from 'node:crypto'
import { chmod, chown, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { findBtrfs } from '../../src/drivers/host/btrfs-directory.ts'
import { type RunProgram, runProgram } from '../../src/drivers/host/program.ts'
import { createQuotas } from '../../src/drivers/quotas/create-quotas.ts'
import { ensureStorageImage, refuseForgottenImage } from '../../src/drivers/quotas/storage-image.ts'
import { fileTrees } from '../../src/drivers/trees/file-trees.ts'
import { allocationOf } from '../../src/plan/allocation.ts'
import { type ObservedStorage, type StorageLimits, UNLIMITED } from '../../src/plan/resources.ts'
import { hostLayout, tenantLayout } from '../../src/plan/settings.ts'
import { describeQuotas } from '../contract/quotas.ts'
import { type BtrfsImage, btrfsImage } from '../fixtures/btrfs-image.ts'
import { eventually } from '../fixtures/eventually.ts'
import { testSettings } from '../fixtures/host-settings.ts'

const MEBI = 2 ** 20
const LIMIT: StorageLimits = { bytes: 32 * MEBI, inodes: UNLIMITED }

let image: BtrfsImage
/** Programs that were started, as one line each. */
const started: string[] = []
let now = 0
let nextIndex = 0

const counting: RunProgram = (file, args, options) => {
  started.push([file, ...args].join(' '))
  return runProgram(file, args, options)
}

beforeAll(async () => {
  image = await btrfsImage(1024 * MEBI)
  await limitsHoldForRoot()
})
afterAll(() => image.remove())

const settingsHere = () => testSettings(image.directory, { dataRoot: image.dataRoot, uidBase: 1_064_000_000 })

const makeTenant = (account: string) => {
  const settings = settingsHere()
  const clock = { now: () => now }
  const allocation = allocationOf(settings, nextIndex++)
  const { tree } = tenantLayout(settings, account)
  const quotas = createQuotas({ settings, runProgram: counting, clock })
  const trees = fileTrees({ settings, clock, randomBytes })
  const removeTree = () => trees.archive(account, false)
  return { settings, account, allocation, tree, quotas, trees, removeTree }
}

/** The operator as one without CAP_SYS_RESOURCE, whom limits hold for too. */
const limitsHoldForRoot = async (): Promise<void> => {
  const source = await runProgram('findmnt', ['--noheadings', '--output', 'SOURCE', image.dataRoot])
  const override = join(findBtrfs('/sys', source.trim())?.path ?? '', 'quota_override')
  if ((await readFile(override, 'utf8')).trim() === '1') await writeFile(override, '0')
}

/** Fills a file of the tree until `mebibytes` are written or the kernel refuses; answers the refusal. */
const fill = async (directory: string, uid: number, mebibytes: number): Promise<string> =>
  runProgram('setpriv', [
    ...['--reuid', `${uid}`, '--regid', `${uid}`, '--clear-groups', '--'],
    ...['dd', 'if=/dev/zero', `of=${join(directory, `filled-by-${uid}`)}`, 'bs=1M', `count=${mebibytes}`, 'conv=fsync'],
  ]).catch((error: Error) => error.message)

const usedBytes = (seen: ObservedStorage) => (seen.state === 'counted' ? seen.used.bytes : 'unknown')

describeQuotas('btrfs in an image', () => makeTenant('contract'))

describe('a tree on btrfs', () => {
  let alice: ReturnType<typeof makeTenant>
  let open: string

  const observe = () => {
    now += 2_000
    return alice.quotas.observe(alice.account, alice.allocation, LIMIT)
  }

  beforeEach(async () => {
    await chmod(image.directory, 0o711)
    alice = makeTenant('alice')
    await alice.quotas.ensure(alice.account, alice.allocation, LIMIT)
    await chmod(alice.tree, 0o711)
    open = join(alice.tree, 'sites')
    await mkdir(open)
    await chmod(open, 0o777)
  })
  afterEach(async () => {
    await alice.quotas.drop(alice.account, alice.allocation)
    await alice.trees.archive('alice', false)
  })

  it('is held to its size over files of every uid together, and its neighbours are not', async () => {
    const bob = makeTenant('bob')
    await bob.quotas.ensure('bob', bob.allocation, LIMIT)
    await chmod(bob.tree, 0o777)
    expect(await fill(open, alice.allocation.uid, 20)).toBe('')
    expect(await fill(open, alice.allocation.subIdBase + 32, 20)).toContain('Disk quota exceeded')
    expect(await fill(open, alice.allocation.subIdBase + 65_535, 20)).toContain('Disk quota exceeded')
    expect(await fill(bob.tree, bob.allocation.uid, 20)).toBe('')
    await eventually('the kernel has counted', async () => Number(usedBytes(await observe())) > 28 * MEBI)
    await bob.quotas.drop('bob', bob.allocation)
    await bob.removeTree()
  })

  it('tells a writer that has no room left, leaves nothing half-written, and takes a higher limit live', async () => {
    const file = { type: 'file', path: join(alice.tree, 'config'), mode: '0640', owner: 'root' } as const
    await alice.trees.writeFile({ ...file, content: 'before' }, alice.allocation)
    await fill(open, alice.allocation.uid, 64)
    const content = randomBytes(4 * MEBI).toString('hex')
    const refused = alice.trees.writeFile({ ...file, content }, alice.allocation)
    await expect(refused).rejects.toMatchObject({ name: 'TransientError', reason: 'StorageFull' })
    const secret = { type: 'secret', path: file.path, owner: { uid: 1, gid: 1 } } as const
    await alice.trees.createSecret(secret, alice.allocation).catch(() => undefined)
    expect((await readdir(alice.tree)).sort()).toEqual(['config', 'sites'])
    expect(await readFile(file.path, 'utf8')).toBe('before')
    await alice.quotas.ensure('alice', alice.allocation, { ...LIMIT, bytes: 64 * MEBI })
    await alice.trees.writeFile({ ...file, content }, alice.allocation)
    expect(await readFile(file.path, 'utf8')).toBe(content)
  })

  it('ends in an archive that is counted to nobody, also when it is full', async () => {
    await mkdir(join(alice.tree, 'engine'))
    await fill(open, alice.allocation.uid, 64)
    await alice.quotas.drop('alice', alice.allocation)
    await alice.trees.archive('alice', true)
    const [name = ''] = await readdir(hostLayout(alice.settings).archive)
    const archive = join(hostLayout(alice.settings).archive, name)
    expect((await readdir(archive)).sort()).toEqual(['archive.json', 'sites'])
    expect((await stat(join(archive, 'sites', `filled-by-${alice.allocation.uid}`))).size).toBeGreaterThan(20 * MEBI)
    const next = makeTenant('alice')
    await next.quotas.ensure('alice', { ...next.allocation, uid: alice.allocation.uid }, LIMIT)
    expect(usedBytes(await next.quotas.observe('alice', alice.allocation, LIMIT))).toBe(0)
  })

  it('counts subvolumes that the tenant made in it, whatever they are called', async () => {
    expect((await observe()).state).toBe('counted')
    const forged = join(open, 'x\n0/300  1 1 - tenants/bob')
    await mkdir(forged, { recursive: true })
    await chmod(forged, 0o777)
    const nested = join(forged, 'y')
    const { subIdBase } = alice.allocation
    await runProgram('setpriv', [
      ...['--reuid', `${subIdBase}`, '--regid', `${subIdBase}`, '--clear-groups', '--'],
      ...['btrfs', 'subvolume', 'create', nested],
    ])
    expect(await observe()).toMatchObject({ state: 'uncounted' })
    expect(await alice.quotas.uncounted()).toEqual(['alice'])
    await alice.quotas.ensure('alice', alice.allocation, LIMIT)
    expect(await alice.quotas.uncounted()).toEqual([])
    expect(await observe()).toMatchObject({ state: 'counted' })
    expect(await fill(nested, subIdBase, 64)).toContain('Disk quota exceeded')
  })

  it('is seen when its limit was changed by hand', async () => {
    await runProgram('btrfs', ['qgroup', 'limit', 'none', `1/${alice.allocation.uid}`, image.dataRoot])
    expect(await observe()).toMatchObject({ state: 'counted', bytes: UNLIMITED })
  })

  it('is looked at without starting a program, once all subvolumes are known', async () => {
    const others = Array.from({ length: 20 }, (_, index) => makeTenant(`many-${index}`))
    for (const { quotas, account, allocation } of others) await quotas.ensure(account, allocation, LIMIT)
    await observe()
    started.length = 0
    for (let pass = 0; pass < 50; pass += 1) await observe()
    expect(started).toEqual([])
    for (const { quotas, account, allocation, removeTree } of others) {
      await quotas.drop(account, allocation)
      await removeTree()
    }
  })

  it('is told apart from a directory that was there before', async () => {
    const old = makeTenant('old')
    await mkdir(old.tree)
    await writeFile(join(old.tree, 'kept'), 'kept')
    expect(await old.quotas.observe('old', old.allocation, LIMIT)).toMatchObject({ reason: 'TreeNotSubvolume' })
    await expect(old.quotas.ensure('old', old.allocation, LIMIT)).rejects.toMatchObject({ reason: 'TreeNotSubvolume' })
    expect(await readFile(join(old.tree, 'kept'), 'utf8')).toBe('kept')
    await old.removeTree()
  })
})

describe('the image', () => {
  it('is left as it is when it is ensured again, and grows while it is mounted', async () => {
    const file = join(image.dataRoot, 'kept')
    await writeFile(file, 'kept')
    await chown(file, 1, 1)
    await ensureStorageImage(image)
    await ensureStorageImage({ ...image, image: { ...image.image, sizeBytes: 2048 * MEBI } })
    expect(await readFile(file, 'utf8')).toBe('kept')
    const size = await runProgram('findmnt', ['--noheadings', '--bytes', '--output', 'SIZE', image.dataRoot])
    expect(Number(size)).toBe(2048 * MEBI)
  })

  it('comes back with all that is in it when it is mounted again', async () => {
    await runProgram('umount', [image.dataRoot])
    await ensureStorageImage(image)
    expect(await readFile(join(image.dataRoot, 'kept'), 'utf8')).toBe('kept')
  })

  it('is never mounted over what is there, nor made where accounts stand', async () => {
    await runProgram('umount', [image.dataRoot])
    await writeFile(join(image.dataRoot, 'tree'), 'mine')
    await expect(ensureStorageImage(image)).rejects.toMatchObject({ reason: 'DataRootNotEmpty' })
    await runProgram('rm', [join(image.dataRoot, 'tree')])
    const other = { ...image, image: { ...image.image, file: join(image.directory, 'other') } }
    const late = ensureStorageImage({ ...other, hasAccounts: async () => true })
    await expect(late).rejects.toMatchObject({ reason: 'StorageImageTooLate' })
    const forgotten = refuseForgottenImage(image.image.file, async () => true)
    await expect(forgotten).rejects.toMatchObject({ reason: 'StorageImageForgotten' })
    await refuseForgottenImage(image.image.file, async () => false)
    await ensureStorageImage(image)
    await expect(ensureStorageImage(other)).rejects.toMatchObject({ reason: 'DataRootMounted' })
  })
})
