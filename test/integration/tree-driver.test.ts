import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chmod,
  chown,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fileTrees } from '../../src/drivers/trees/file-trees.ts'
import { sha256 } from '../../src/plan/digest.ts'
import { type HostSettings, hostLayout, tenantLayout } from '../../src/plan/settings.ts'
import type { Trees } from '../../src/ports/host.ts'
import { ACCOUNT, allocation, smallTree, treeOf, treesContract } from '../contract/trees.ts'
import { testSettings } from '../fixtures/host-settings.ts'

const run = promisify(execFile)

const NOW = Date.UTC(2026, 0, 23, 10, 15)

const make = async () => {
  const directory = await mkdtemp(join(tmpdir(), 'palisade-trees-'))
  const settings = testSettings(directory)
  const trees = fileTrees({ settings, clock: { now: () => NOW }, randomBytes })
  return { trees, settings, directory, remove: () => rm(directory, { recursive: true, force: true }) }
}

treesContract('fileTrees', make)

describe('fileTrees', () => {
  let directory: string
  let settings: HostSettings
  let trees: Trees
  let remove: () => Promise<void>
  let layout: ReturnType<typeof tenantLayout>
  let wanted: ReturnType<typeof smallTree>

  beforeEach(async () => {
    const made = await make()
    directory = made.directory
    settings = made.settings
    trees = made.trees
    remove = made.remove
    layout = tenantLayout(settings, ACCOUNT)
    wanted = smallTree(settings)
    for (const wantedDirectory of wanted.directories) await trees.ensureDirectory(wantedDirectory, allocation)
  })
  afterEach(() => remove())

  const ownerAndMode = async (path: string) => {
    const { uid, gid, mode } = await lstat(path)
    return [uid, gid, (mode & 0o7777).toString(8)]
  }
  const observe = () => trees.observe(treeOf(wanted), allocation)
  const blocked = { name: 'TerminalError', reason: 'PathBlocked' }

  it('gives everything to its owner', async () => {
    await trees.writeFile({ ...wanted.file, owner: { uid: 0, gid: 0 } }, allocation)
    await trees.createSecret(wanted.secret, allocation)
    await trees.createSite(wanted.site, allocation)
    expect(await ownerAndMode(layout.tree)).toEqual([0, 200_000, '750'])
    expect(await ownerAndMode(layout.home)).toEqual([200_000, 200_000, '700'])
    expect(await ownerAndMode(wanted.file.path)).toEqual([200_000, 200_000, '644'])
    expect(await ownerAndMode(wanted.secret.path)).toEqual([1_000_000_032, 1_000_000_032, '400'])
    expect(await ownerAndMode(wanted.site.path)).toEqual([1_000_000_032, 1_000_000_032, '755'])
    expect(await ownerAndMode(join(wanted.site.path, 'index.html'))).toEqual([1_000_000_032, 1_000_000_032, '644'])
  })

  it('does not count what has another owner, mode or type', async () => {
    await trees.writeFile(wanted.file, allocation)
    await trees.createSecret(wanted.secret, allocation)
    await chmod(layout.home, 0o755)
    await chown(layout.config, 1, 200_000)
    await chmod(wanted.file.path, 0o666)
    await chmod(wanted.secret.path, 0o440)
    await symlink(directory, wanted.site.path)
    const seen = await observe()
    expect(seen.directories).toEqual(new Set([layout.tree, layout.sites, layout.secrets]))
    expect(seen).toMatchObject({ files: new Map(), secrets: new Set(), sites: new Set() })
    for (const wantedDirectory of wanted.directories) await trees.ensureDirectory(wantedDirectory, allocation)
    await trees.createSecret(wanted.secret, allocation)
    expect((await observe()).directories.size).toBe(5)
    expect((await observe()).secrets.size).toBe(1)
  })

  it('notices content that changed in place at the same size and time', async () => {
    await trees.writeFile(wanted.file, allocation)
    const { mtime } = await lstat(wanted.file.path)
    expect((await observe()).files.get(wanted.file.path)).toBe(sha256('first'))
    const deadline = performance.now() + 10_000
    const { ctimeMs } = await lstat(wanted.file.path)
    do {
      await writeFile(wanted.file.path, 'FIRST')
      await run('touch', ['--no-create', `--date=${mtime.toISOString()}`, wanted.file.path])
    } while ((await lstat(wanted.file.path)).ctimeMs === ctimeMs && performance.now() < deadline)
    expect((await observe()).files.get(wanted.file.path)).toBe(sha256('FIRST'))
  })

  it('replaces a file as a whole, and leaves nothing beside it', async () => {
    await writeFile(join(layout.config, '.nginx.conf.palisade-new'), 'left by a crash')
    await trees.writeFile(wanted.file, allocation)
    const before = await lstat(wanted.file.path)
    await trees.writeFile({ ...wanted.file, content: 'second' }, allocation)
    expect((await lstat(wanted.file.path)).ino).not.toBe(before.ino)
    expect(await readdir(layout.config)).toEqual(['nginx.conf'])
  })

  it('replaces a link by the file, and never what it leads to', async () => {
    const victim = join(directory, 'victim')
    await writeFile(victim, 'mine')
    await symlink(victim, wanted.file.path)
    await trees.writeFile(wanted.file, allocation)
    expect(await readFile(victim, 'utf8')).toBe('mine')
    expect(await readFile(wanted.file.path, 'utf8')).toBe('first')
  })

  it('goes through no link on the way', async () => {
    const elsewhere = join(directory, 'elsewhere')
    await mkdir(elsewhere)
    await writeFile(join(elsewhere, 'secret'), 'root only')
    await rm(layout.config, { recursive: true })
    await symlink(elsewhere, layout.config)
    const inside = join(layout.config, 'x')
    await expect(trees.writeFile({ ...wanted.file, path: inside }, allocation)).rejects.toMatchObject(blocked)
    await expect(trees.createSecret({ ...wanted.secret, path: inside }, allocation)).rejects.toMatchObject(blocked)
    await expect(trees.createSite({ ...wanted.site, path: inside }, allocation)).rejects.toMatchObject(blocked)
    await expect(
      trees.ensureDirectory({ type: 'directory', path: inside, mode: '0700', owner: 'root' }, allocation),
    ).rejects.toMatchObject(blocked)
    await expect(trees.readSecret(join(layout.config, 'secret'))).rejects.toMatchObject(blocked)
    await expect(trees.removeFile(join(layout.config, 'secret'))).rejects.toMatchObject(blocked)
    await expect(
      trees.ensureDirectory({ type: 'directory', path: layout.config, mode: '0700', owner: 'root' }, allocation),
    ).rejects.toMatchObject(blocked)
    expect(await readdir(elsewhere)).toEqual(['secret'])
  })

  it('removes a directory and the links in it, and never what they lead to', async () => {
    const elsewhere = join(directory, 'elsewhere')
    await mkdir(elsewhere)
    await writeFile(join(elsewhere, 'precious'), 'kept')
    const data = join(layout.config, 'data')
    await mkdir(join(data, 'deep', 'deeper'), { recursive: true })
    await writeFile(join(data, 'deep', 'deeper', 'file'), '')
    await symlink(elsewhere, join(data, 'deep', 'link'))
    await symlink(join(elsewhere, 'precious'), join(data, 'link'))
    await trees.removeDirectory(data)
    expect(await readdir(layout.config)).toEqual([])
    await symlink(elsewhere, data)
    await expect(trees.removeDirectory(data)).rejects.toMatchObject(blocked)
    await expect(trees.removeDirectory(join(data, 'x'))).rejects.toMatchObject(blocked)
    expect(await readdir(elsewhere)).toEqual(['precious'])
  })

  it('makes an empty secret anew, and does not wait at a pipe', async () => {
    await trees.createSecret(wanted.secret, allocation)
    await truncate(wanted.secret.path, 0)
    expect((await observe()).secrets.size).toBe(0)
    await trees.createSecret(wanted.secret, allocation)
    expect(await trees.readSecret(wanted.secret.path)).toHaveLength(32)
    await rm(wanted.secret.path)
    await run('mkfifo', [wanted.secret.path])
    await expect(trees.readSecret(wanted.secret.path)).rejects.toMatchObject({ reason: 'SecretInvalid' })
    await trees.createSecret(wanted.secret, allocation)
    expect(await trees.readSecret(wanted.secret.path)).toHaveLength(32)
  })

  describe('with a seed', () => {
    let seed: string

    beforeEach(async () => {
      seed = join(directory, 'seed')
      await mkdir(join(seed, 'public/deep'), { recursive: true })
      await writeFile(join(seed, 'public/deep/index.php'), '<?php', { mode: 0o600 })
      await writeFile(join(seed, 'run'), '#!', { mode: 0o4777 })
    })

    it('copies it for the owner of the site', async () => {
      await trees.createSite({ ...wanted.site, seed }, allocation)
      const { path } = wanted.site
      expect(await readFile(join(path, 'public/deep/index.php'), 'utf8')).toBe('<?php')
      expect(await ownerAndMode(join(path, 'public/deep'))).toEqual([1_000_000_032, 1_000_000_032, '755'])
      expect(await ownerAndMode(join(path, 'public/deep/index.php'))).toEqual([1_000_000_032, 1_000_000_032, '644'])
      expect(await ownerAndMode(join(path, 'run'))).toEqual([1_000_000_032, 1_000_000_032, '755'])
      expect(await readdir(layout.sites)).toEqual(['a.example'])
    })

    it('never fills a site that stands', async () => {
      await trees.createSite(wanted.site, allocation)
      await writeFile(join(wanted.site.path, 'index.html'), "the customer's")
      await trees.createSite({ ...wanted.site, seed }, allocation)
      expect(await readdir(wanted.site.path)).toEqual(['index.html'])
      expect(await readFile(join(wanted.site.path, 'index.html'), 'utf8')).toBe("the customer's")
    })

    it('refuses a seed with links, and leaves nothing behind', async () => {
      await symlink('/etc/shadow', join(seed, 'public/shadow'))
      await expect(trees.createSite({ ...wanted.site, seed }, allocation)).rejects.toMatchObject({
        name: 'TerminalError',
        reason: 'SeedRefused',
      })
      expect(await readdir(layout.sites)).toEqual([])
    })

    it('refuses a seed that is too large', async () => {
      await truncate(join(seed, 'run'), 1024 ** 3 + 1)
      await expect(trees.createSite({ ...wanted.site, seed }, allocation)).rejects.toMatchObject({
        reason: 'SeedTooLarge',
      })
      expect(await readdir(layout.sites)).toEqual([])
    })

    it('says when there is no seed', async () => {
      const missing = trees.createSite({ ...wanted.site, seed: join(seed, 'missing') }, allocation)
      await expect(missing).rejects.toMatchObject({ reason: 'SeedMissing' })
    })
  })

  describe('at the end of a tree', () => {
    const archives = () => readdir(hostLayout(settings).archive).catch(() => [])
    const archived = (...path: string[]) => join(hostLayout(settings).archive, 'alice-20260123T101500Z', ...path)

    beforeEach(async () => {
      await trees.createSite(wanted.site, allocation)
      await mkdir(join(layout.data, 'mariadb'), { recursive: true })
      await writeFile(join(layout.data, 'mariadb/rows'), 'rows')
      await writeFile(join(directory, 'victim'), 'mine')
      await symlink(join(directory, 'victim'), join(layout.home, 'link'))
    })

    it('keeps what the customer owns, with its owner', async () => {
      await trees.archive(ACCOUNT, true)
      expect(await archives()).toEqual(['alice-20260123T101500Z'])
      expect((await readdir(archived())).sort()).toEqual(['archive.json', 'data', 'sites'])
      expect(await readFile(archived('data/mariadb/rows'), 'utf8')).toBe('rows')
      expect(await ownerAndMode(archived('sites/a.example'))).toEqual([1_000_000_032, 1_000_000_032, '755'])
      expect(await ownerAndMode(hostLayout(settings).archive)).toEqual([0, 0, '700'])
      expect(JSON.parse(await readFile(archived('archive.json'), 'utf8'))).toEqual({
        account: 'alice',
        archivedAt: '2026-01-23T10:15:00.000Z',
      })
      expect(await readFile(join(directory, 'victim'), 'utf8')).toBe('mine')
    })

    it('keeps nothing when nothing is to be kept', async () => {
      await trees.archive(ACCOUNT, false)
      expect(await archives()).toEqual([])
      expect(await readFile(join(directory, 'victim'), 'utf8')).toBe('mine')
    })

    it('goes on after a crash when the tree had been moved', async () => {
      const pending = join(hostLayout(settings).archive, '.alice.ending')
      await mkdir(hostLayout(settings).archive, { mode: 0o700 })
      await rename(layout.tree, pending)
      await rm(join(pending, 'config'), { recursive: true })
      await trees.archive(ACCOUNT, true)
      expect(await archives()).toEqual(['alice-20260123T101500Z'])
      expect((await readdir(archived())).sort()).toEqual(['archive.json', 'data', 'sites'])
    })

    it('goes on after a crash before the tree was removed', async () => {
      await mkdir(archived(), { recursive: true })
      await rename(layout.sites, archived('sites'))
      await rename(layout.data, archived('data'))
      await trees.archive(ACCOUNT, true)
      expect(await archives()).toEqual(['alice-20260123T101500Z'])
      expect(await readdir(hostLayout(settings).trees)).toEqual([])
    })

    it('keeps both lives of an account that came back in between', async () => {
      const pending = join(hostLayout(settings).archive, '.alice.ending')
      await mkdir(join(pending, 'sites/first'), { recursive: true })
      await trees.archive(ACCOUNT, true)
      expect((await archives()).sort()).toEqual(['alice-20260123T101500Z', 'alice-20260123T101500Z-2'])
      expect(await readdir(archived('sites'))).toEqual(['first'])
    })

    it('keeps an unfinished archive even when nothing more is to be kept', async () => {
      const pending = join(hostLayout(settings).archive, '.alice.ending')
      await mkdir(pending, { recursive: true })
      await rename(layout.sites, join(pending, 'sites'))
      await trees.archive(ACCOUNT, false)
      expect(await readdir(archived())).toEqual(expect.arrayContaining(['sites']))
    })
  })
})
