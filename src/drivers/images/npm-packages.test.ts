import { access, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { installNpmPackages, type NpmPackages, readNpmPackages } from './npm-packages.ts'

const never = new AbortController().signal
const PACKAGE = { version: '1.2.3', integrity: 'sha512-AA==' }

const lockOf = (entry: object): string =>
  JSON.stringify({ lockfileVersion: 3, packages: { '': {}, 'node_modules/left': entry } })

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'palisade-npm-'))
})

afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(directory, { recursive: true, force: true })
})

describe('readNpmPackages', () => {
  const write = async (lock: string): Promise<void> => {
    await writeFile(join(directory, 'package.json'), '{}')
    await writeFile(join(directory, 'package-lock.json'), lock)
  }

  it('reads manifest and lock', async () => {
    await write(lockOf(PACKAGE))
    expect(await readNpmPackages(directory, 'opt/app')).toEqual({
      to: 'opt/app',
      manifest: '{}',
      lock: lockOf(PACKAGE),
    })
  })

  it('takes what another package brings in its own archive', async () => {
    await write(lockOf({ version: '1.2.3', inBundle: true }))
    await expect(readNpmPackages(directory, 'opt/app')).resolves.toBeDefined()
  })

  it.each([
    ['a package without a hash', lockOf({ version: '1.2.3' }), 'node_modules/left has no integrity'],
    ['a package of no version', lockOf({ integrity: 'sha512-AA==' }), 'node_modules/left has no version'],
    ['an address', lockOf({ ...PACKAGE, resolved: 'https://r.test/left.tgz' }), 'bound to https://r.test/left.tgz'],
    ['a link', lockOf({ resolved: 'left', link: true }), 'node_modules/left has no version'],
    ['the lock of an old npm', '{"dependencies":{}}', 'not a lock of npm 7'],
  ])('refuses %s, and names the file', async (_what, lock, message) => {
    await write(lock)
    await expect(readNpmPackages(directory, 'opt/app')).rejects.toThrow(message)
    await expect(readNpmPackages(directory, 'opt/app')).rejects.toThrow(join(directory, 'package-lock.json'))
  })

  it('names the file that is missing', async () => {
    await expect(readNpmPackages(directory, 'opt/app')).rejects.toThrow(join(directory, 'package'))
  })
})

describe('installNpmPackages', () => {
  const packages = (manifest: object, locked: object): NpmPackages => ({
    to: 'opt/app',
    manifest: JSON.stringify(manifest),
    lock: JSON.stringify({ ...manifest, lockfileVersion: 3, packages: locked }),
  })

  it('leaves the manifest and the packages, and none of the notes of npm', async () => {
    const made = await installNpmPackages(packages({ name: 'app' }, { '': { name: 'app' } }), directory, never)
    expect(await readdir(made, { recursive: true })).toEqual(['package.json'])
  })

  it('fails with what npm says when the lock is not that of the manifest', async () => {
    const unlocked = packages({ name: 'app', dependencies: { inside: '1.0.0' } }, { '': { name: 'app' } })
    await expect(installNpmPackages(unlocked, directory, never)).rejects.toThrow(/npm ci: exit code 1: .*inside/s)
  })

  it('says so when this host has no npm', async () => {
    vi.stubEnv('PATH', directory)
    const none = packages({ name: 'app' }, { '': { name: 'app' } })
    await expect(installNpmPackages(none, directory, never)).rejects.toThrow('npm cannot be run')
  })

  it('runs nothing once it is aborted', async () => {
    const none = packages({ name: 'app' }, { '': { name: 'app' } })
    await expect(installNpmPackages(none, directory, AbortSignal.abort())).rejects.toThrow('aborted')
    await expect(access(join(directory, 'npm-cache'))).rejects.toThrow('ENOENT')
  })
})
