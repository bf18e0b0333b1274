import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sha256 } from '../../src/plan/digest.ts'
import type { Allocation, DesiredDirectory, DesiredFile } from '../../src/plan/resources.ts'
import { type HostSettings, hostLayout, tenantLayout } from '../../src/plan/settings.ts'
import type { DesiredTree, Trees } from '../../src/ports/host.ts'

export const ACCOUNT = 'alice'

export const allocation: Allocation = {
  index: 0,
  uid: 200_000,
  gid: 200_000,
  subIdBase: 1_000_000_000,
  interface: 'paltest0',
  hostAddress: '10.90.0.1',
  tenantAddress: '10.90.0.2',
  prefixLength: 30,
  ipv6: 'none',
}

/** A tree with one of everything. */
export const smallTree = (settings: HostSettings) => {
  const layout = tenantLayout(settings, ACCOUNT)
  const rootOwned = (path: string, mode: string): DesiredDirectory => ({ type: 'directory', path, mode, owner: 'root' })
  const owner = { uid: 33, gid: 33 }
  const file: DesiredFile = {
    type: 'file',
    path: join(layout.config, 'nginx.conf'),
    content: 'first',
    mode: '0644',
    owner: 'root',
  }
  return {
    directories: [
      rootOwned(layout.tree, '0750'),
      rootOwned(layout.sites, '0755'),
      rootOwned(layout.config, '0755'),
      rootOwned(layout.secrets, '0711'),
      { type: 'directory', path: layout.home, mode: '0700', owner: { uid: 0, gid: 0 } },
    ] satisfies [DesiredDirectory, ...DesiredDirectory[]],
    file,
    secret: { type: 'secret', path: join(layout.secrets, 'root'), owner } as const,
    site: { type: 'site', domain: 'a.example', path: join(layout.sites, 'a.example'), owner } as const,
  }
}

export const treeOf = ({ directories, file, secret, site }: ReturnType<typeof smallTree>): DesiredTree => ({
  directories,
  files: [file],
  secrets: [secret],
  sites: [site],
})

export interface TreesUnderTest {
  readonly trees: Trees
  readonly settings: HostSettings
  readonly remove: () => Promise<void>
}

/** What every {@link Trees} keeps to. `make` gives a host without trees. */
export const treesContract = (name: string, make: () => Promise<TreesUnderTest>): void => {
  describe(`${name} keeps the contract of trees`, () => {
    let trees: Trees
    let settings: HostSettings
    let remove: () => Promise<void>

    beforeEach(async () => {
      const made = await make()
      trees = made.trees
      settings = made.settings
      remove = made.remove
    })
    afterEach(() => remove())

    const ensureAll = async (): Promise<void> => {
      const { directories, file, secret, site } = smallTree(settings)
      for (const directory of directories) await trees.ensureDirectory(directory, allocation)
      await trees.writeFile(file, allocation)
      await trees.createSecret(secret, allocation)
      await trees.createSite(site, allocation)
    }
    const directoriesThatStand = async (): Promise<number> =>
      (await trees.observe(treeOf(smallTree(settings)), allocation)).directories.size

    it('observes nothing where nothing stands', async () => {
      expect(await trees.observe(treeOf(smallTree(settings)), allocation)).toEqual({
        directories: new Set(),
        files: new Map(),
        secrets: new Set(),
        sites: new Set(),
      })
    })

    it('observes everything that was made, also when it was made twice', async () => {
      await ensureAll()
      await ensureAll()
      const wanted = smallTree(settings)
      expect(await trees.observe(treeOf(wanted), allocation)).toEqual({
        directories: new Set(wanted.directories.map(({ path }) => path)),
        files: new Map([[wanted.file.path, sha256('first')]]),
        secrets: new Set([wanted.secret.path]),
        sites: new Set(['a.example']),
      })
    })

    it('observes only what it was asked for', async () => {
      await ensureAll()
      const { file, secret } = smallTree(settings)
      expect(await trees.observe({ directories: [], files: [file], secrets: [], sites: [] }, allocation)).toEqual({
        directories: new Set(),
        files: new Map([[file.path, sha256('first')]]),
        secrets: new Set(),
        sites: new Set(),
      })
      const other = { ...secret, path: `${secret.path}-2` }
      const seen = await trees.observe({ directories: [], files: [], secrets: [other], sites: [] }, allocation)
      expect(seen.secrets).toEqual(new Set())
    })

    it('does not count what has another owner or mode, and sets it right', async () => {
      await ensureAll()
      const wanted = smallTree(settings)
      const [tree] = wanted.directories
      const password = await trees.readSecret(wanted.secret.path)
      const nobody = { uid: 1, gid: 1 }
      await trees.ensureDirectory({ ...tree, mode: '0755' }, allocation)
      await trees.writeFile({ ...wanted.file, owner: nobody }, allocation)
      await trees.createSecret({ ...wanted.secret, owner: nobody }, allocation)
      const seen = await trees.observe(treeOf(wanted), allocation)
      expect(seen.directories.has(tree.path)).toBe(false)
      expect([seen.directories.size, seen.files.size, seen.secrets.size]).toEqual([wanted.directories.length - 1, 0, 0])
      await ensureAll()
      const healed = await trees.observe(treeOf(wanted), allocation)
      expect([healed.directories.size, healed.files.size, healed.secrets.size]).toEqual([
        wanted.directories.length,
        1,
        1,
      ])
      expect(await trees.readSecret(wanted.secret.path)).toBe(password)
    })

    it('makes nothing where the directory is missing', async () => {
      const { file, secret, site } = smallTree(settings)
      await expect(trees.writeFile(file, allocation)).rejects.toThrow()
      await expect(trees.createSecret(secret, allocation)).rejects.toThrow()
      await expect(trees.createSite(site, allocation)).rejects.toThrow()
      expect(await directoriesThatStand()).toBe(0)
    })

    it('says when a file stands where a directory should', async () => {
      await ensureAll()
      const { file, secret, site, directories } = smallTree(settings)
      const [tree] = directories
      const below = join(file.path, 'x')
      const blocked = { name: 'TerminalError', reason: 'PathBlocked' }
      await expect(trees.ensureDirectory({ ...tree, path: file.path }, allocation)).rejects.toMatchObject(blocked)
      await expect(trees.ensureDirectory({ ...tree, path: below }, allocation)).rejects.toMatchObject(blocked)
      await expect(trees.writeFile({ ...file, path: below }, allocation)).rejects.toMatchObject(blocked)
      await expect(trees.createSecret({ ...secret, path: below }, allocation)).rejects.toMatchObject(blocked)
      await expect(trees.createSite({ ...site, path: file.path }, allocation)).rejects.toMatchObject(blocked)
      await expect(trees.removeFile(below)).rejects.toMatchObject(blocked)
      await expect(trees.removeDirectory(file.path)).rejects.toMatchObject(blocked)
      await expect(trees.removeDirectory(below)).rejects.toMatchObject(blocked)
      await expect(trees.replaceSecret({ ...secret, path: below }, allocation)).rejects.toMatchObject(blocked)
      await expect(trees.readSecret(below)).rejects.toMatchObject(blocked)
    })

    it('refuses paths outside the trees', async () => {
      await ensureAll()
      const { file, secret, site, directories } = smallTree(settings)
      const outside = { name: 'TerminalError', reason: 'PathOutsideTree' }
      for (const path of [
        join(hostLayout(settings).trees, '..', 'x'),
        hostLayout(settings).trees,
        'x',
        '/etc/hostname',
      ]) {
        await expect(trees.ensureDirectory({ ...directories[0], path }, allocation)).rejects.toMatchObject(outside)
        await expect(trees.writeFile({ ...file, path }, allocation)).rejects.toMatchObject(outside)
        await expect(trees.removeFile(path)).rejects.toMatchObject(outside)
        await expect(trees.removeDirectory(path)).rejects.toMatchObject(outside)
        await expect(trees.replaceSecret({ ...secret, path }, allocation)).rejects.toMatchObject(outside)
        await expect(trees.createSecret({ ...secret, path }, allocation)).rejects.toMatchObject(outside)
        await expect(trees.readSecret(path)).rejects.toMatchObject(outside)
        await expect(trees.createSite({ ...site, path }, allocation)).rejects.toMatchObject(outside)
      }
      await expect(trees.removeDirectory(directories[0].path)).rejects.toMatchObject(outside)
      await expect(trees.archive('..', false)).rejects.toMatchObject(outside)
      await expect(trees.archive('alice/sites', false)).rejects.toThrow(/no name of an account/)
      expect(await directoriesThatStand()).toBeGreaterThan(0)
    })

    it('replaces the content of a file, and removes it twice', async () => {
      await ensureAll()
      const wanted = smallTree(settings)
      await trees.writeFile({ ...wanted.file, content: 'second' }, allocation)
      const observed = async () => (await trees.observe(treeOf(wanted), allocation)).files
      expect(await observed()).toEqual(new Map([[wanted.file.path, sha256('second')]]))
      await trees.removeFile(wanted.file.path)
      await trees.removeFile(wanted.file.path)
      expect(await observed()).toEqual(new Map())
    })

    it('makes a secret once, and reads it', async () => {
      await ensureAll()
      const { secret } = smallTree(settings)
      const password = await trees.readSecret(secret.path)
      expect(password).toMatch(/^[A-Za-z0-9]{32}$/)
      await trees.createSecret(secret, allocation)
      expect(await trees.readSecret(secret.path)).toBe(password)
    })

    it('replaces a secret, also one that is missing', async () => {
      await ensureAll()
      const { secret } = smallTree(settings)
      const first = await trees.readSecret(secret.path)
      await trees.replaceSecret(secret, allocation)
      const second = await trees.readSecret(secret.path)
      expect(second).toMatch(/^[A-Za-z0-9]{32}$/)
      expect(second).not.toBe(first)
      await trees.removeFile(secret.path)
      await trees.replaceSecret(secret, allocation)
      expect((await trees.observe(treeOf(smallTree(settings)), allocation)).secrets).toEqual(new Set([secret.path]))
    })

    it('removes a directory with all that is in it, and removes it twice', async () => {
      await ensureAll()
      const wanted = smallTree(settings)
      const { sites, config, secrets } = tenantLayout(settings, ACCOUNT)
      for (const path of [sites, config, secrets]) await trees.removeDirectory(path)
      await trees.removeDirectory(sites)
      await trees.removeDirectory(join(sites, 'missing'))
      expect(await trees.observe(treeOf(wanted), allocation)).toEqual({
        directories: new Set([wanted.directories[0].path, wanted.directories[4].path]),
        files: new Map(),
        secrets: new Set(),
        sites: new Set(),
      })
    })

    it('waits for a secret that is missing', async () => {
      const { secret } = smallTree(settings)
      await expect(trees.readSecret(secret.path)).rejects.toMatchObject({ reason: 'SecretMissing' })
    })

    it.each([true, false])('ends a tree, and ends it again, when data is kept: %s', async (retain) => {
      await ensureAll()
      await trees.archive(ACCOUNT, retain)
      await trees.archive(ACCOUNT, retain)
      expect(await directoriesThatStand()).toBe(0)
      expect((await trees.observe(treeOf(smallTree(settings)), allocation)).files).toEqual(new Map())
    })
  })
}
