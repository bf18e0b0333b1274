import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openImageCache, recipesHere } from '../../src/cli/image-cache.ts'
import { runProgram } from '../../src/drivers/host/program.ts'
import { RegistryImages } from '../../src/drivers/images/registry-images.ts'
import { createSkopeo } from '../../src/drivers/images/skopeo.ts'
import { TerminalError, TransientError } from '../../src/ports/errors.ts'
import { type Registry, startRegistry } from '../fixtures/registry.ts'

const NAME = 'palisade/memcached-1:0123456789ab'
const LOGIN = { user: 'puller', password: 'correct-horse-battery' }
const never = new AbortController().signal

let directory: string
let registry: Registry
let closed: Registry
/** Of the image in both registries. */
let digest: string
let cacheDirectory: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'palisade-registry-pull-'))
  const built = openImageCache({
    recipes: await recipesHere(),
    registry: () => ({ registry: '', registryInsecure: false }),
    environment: process.env,
    report: () => {},
  }).recipes
  const archive = await built.archive(built.imageOf('memcached'), never)
  ;[registry, closed] = await Promise.all([startRegistry(), startRegistry(LOGIN)])
  digest = await registry.push(archive, 'library/memcached:1.6')
  await closed.push(archive, 'library/memcached:1.6')
}, 600_000)

afterAll(async () => {
  await registry?.remove()
  await closed?.remove()
  await rm(directory, { recursive: true, force: true })
})

beforeEach(async () => {
  cacheDirectory = await mkdtemp(join(directory, 'cache-'))
})

const pulling = (address: string, environment: Record<string, string> = {}) =>
  new RegistryImages({
    skopeo: createSkopeo({ runProgram, environment, authFile: join(directory, 'none.json') }),
    cacheDirectory,
    registry: () => ({ registry: address, registryInsecure: true }),
  })

const leftovers = (): Promise<string[]> => readdir(cacheDirectory)

/** Takes connections, and never says a word. */
const startSilence = async (): Promise<{ readonly server: Server; readonly address: string }> => {
  const server = createServer(() => {}).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no TCP')
  return { server, address: `127.0.0.1:${address.port}` }
}

const processesIn = async (path: string): Promise<readonly string[]> => {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const lines = await Promise.all(ids.map((id) => readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')))
  return lines.filter((line) => line.includes(path))
}

describe('an image in a registry', () => {
  it('becomes an archive that bears the name that was asked for', async () => {
    const archive = await pulling(registry.address).archive(NAME, `docker.io/library/memcached:9@${digest}`, never)
    const manifest: unknown = JSON.parse(await runProgram('tar', ['-xOf', archive, 'manifest.json']))
    expect(manifest).toMatchObject([{ RepoTags: [`docker.io/${NAME}`] }])
    expect(await leftovers()).toHaveLength(1)
  })

  it.each([
    ['a tag', () => 'docker.io/library/memcached:9'],
    ['a repository', () => 'docker.io/library/nothing:1.6'],
    ['a digest', () => `docker.io/library/memcached@sha256:${'0'.repeat(64)}`],
  ])('is final when %s is not there', async (_what, reference) => {
    const outcome = pulling(registry.address).archive(NAME, reference(), never)
    await expect(outcome).rejects.toThrow(TerminalError)
    await expect(outcome).rejects.toThrow(`cannot pull ${reference()} from ${registry.address}: reading manifest`)
    expect(await leftovers()).toEqual([])
  })

  it('is worth another try when nobody answers', async () => {
    const outcome = pulling('127.0.0.1:1').archive(NAME, 'docker.io/library/memcached:1.6', never)
    await expect(outcome).rejects.toThrow(TransientError)
    await expect(outcome).rejects.toThrow('connection refused')
  })

  it('is given up at once on an abort, and leaves neither process nor file', async () => {
    const { server, address } = await startSilence()
    try {
      const abort = new AbortController()
      const connected = once(server, 'connection')
      const outcome = pulling(address).archive(NAME, 'docker.io/library/memcached:1.6', abort.signal)
      await connected
      expect(await processesIn(cacheDirectory)).toHaveLength(1)
      abort.abort(new Error('enough'))
      await expect(outcome).rejects.toThrow('enough')
      expect(await leftovers()).toEqual([])
      expect(await processesIn(cacheDirectory)).toEqual([])
    } finally {
      server.close()
    }
  })

  it('of a registry with a login is given to who has it, and the password is told nobody', async () => {
    const reference = 'docker.io/library/memcached:1.6'
    const authFile = join(directory, 'auth.json')
    const auth = (password: string) => Buffer.from(`${LOGIN.user}:${password}`).toString('base64')
    const write = (password: string) =>
      writeFile(authFile, JSON.stringify({ auths: { [closed.address]: { auth: auth(password) } } }))
    await expect(pulling(closed.address).archive(NAME, reference, never)).rejects.toThrow(TerminalError)
    await write('wrong-password')
    const refused = await pulling(closed.address, { REGISTRY_AUTH_FILE: authFile })
      .archive(NAME, reference, never)
      .catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(TerminalError)
    expect(String(refused)).not.toContain('wrong-password')
    await write(LOGIN.password)
    const archive = await pulling(closed.address, { REGISTRY_AUTH_FILE: authFile }).archive(NAME, reference, never)
    expect((await stat(archive)).size).toBeGreaterThan(0)
  })
})
