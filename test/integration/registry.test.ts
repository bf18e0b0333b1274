import { access, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { openImageCache, recipesHere } from '../../src/cli/image-cache.ts'
import { eventually } from '../fixtures/eventually.ts'
import { get } from '../fixtures/get.ts'
import { type Installation, installation } from '../fixtures/installation.ts'
import { type Registry, startRegistry } from '../fixtures/registry.ts'

const ACCOUNT = 'pk4tenant'
const RECIPES = ['nginx', 'php-8.2', 'php-8.4']

let palisade: Installation
let registry: Registry
let cache: string
/** Of the image that the registry calls PHP 8.5: it is that of 8.4. */
let digest: string

/** A cache of this test's own, with the images that its recipes make; answers the archive of PHP 8.4. */
const ownCache = async (directory: string): Promise<string> => {
  const shared = openImageCache({
    recipes: await recipesHere(),
    registry: () => ({ registry: '', registryInsecure: false }),
    environment: process.env,
    report: () => {},
  }).recipes
  for (const recipe of RECIPES) {
    const archive = await shared.archive(shared.imageOf(recipe), new AbortController().signal)
    await symlink(archive, join(directory, basename(archive)))
  }
  return join(directory, basename(shared.path('php-8.4')))
}

const write = (name: string, kind: string, spec: object, object = 'default'): Promise<void> =>
  writeFile(
    join(palisade.paths.specs, name),
    JSON.stringify({ apiVersion: 'palisade.dev/v1', kind, metadata: { name: object }, spec }),
  )

/** The Catalog of the administrator: versions of PHP, with their references. */
const offer = (versions: Readonly<Record<string, string>>): Promise<void> =>
  write('catalog.yaml', 'Catalog', {
    services: [{ kind: 'php', versions: Object.entries(versions).map(([version, image]) => ({ version, image })) }],
  })

/** The account's sites, each with its PHP. */
const serve = (sites: Readonly<Record<string, string>>): Promise<void> =>
  write(
    'account.yaml',
    'Account',
    {
      limits: { cpu: '1', memory: '1Gi', pids: 512 },
      web: { server: 'nginx' },
      sites: Object.entries(sites).map(([domain, php]) => ({ domain, runtime: { php }, seed: 'site' })),
    },
    ACCOUNT,
  )

const answers = async (host: string, text: string): Promise<void> =>
  eventually(
    `${host} answers with ${text}`,
    async () => (await get(palisade.httpPort, host)).body.includes(text),
    90_000,
  )

const condition = async (type: string): Promise<{ status?: string; reason?: string; message?: string }> => {
  const file = join(palisade.paths.state, 'status', 'accounts', `${ACCOUNT}.json`)
  const { status } = JSON.parse(await readFile(file, 'utf8'))
  return status.conditions.find((one: { type: string }) => one.type === type) ?? {}
}

/** Until the account's status says that an image is not to be had. */
const unavailable = async (what: string): Promise<void> =>
  eventually(
    `the status tells of ${what}`,
    async () => {
      const { reason, message = '' } = await condition('Ready')
      return reason === 'ImageUnavailable' && message.includes(what)
    },
    90_000,
  )

const ready = async (): Promise<void> => {
  const { code, err } = await palisade.cli('wait', ACCOUNT, '--for=Ready', '--timeout=90s')
  expect(code, err).toBe(0)
}

const reference = (version: string, wanted = digest): string => `docker.io/library/php:${version}-fpm@${wanted}`

/** Writes the Host again, with these images. */
const setImages = async (images: object): Promise<void> => {
  const file = join(palisade.paths.specs, 'host.yaml')
  const host = JSON.parse(await readFile(file, 'utf8'))
  await writeFile(file, JSON.stringify({ ...host, spec: { ...host.spec, images } }))
}

beforeAll(async () => {
  cache = await mkdtemp(join(tmpdir(), 'palisade-registry-cache-'))
  const php = await ownCache(cache)
  registry = await startRegistry()
  digest = await registry.push(php, 'library/php:8.5-fpm')
  vi.stubEnv('PALISADE_IMAGE_CACHE', cache)
  palisade = await installation({ instance: 'pk4', ipv4Pool: '10.105.0.0/24', uidBase: 1_054_000_000 })
  await mkdir(join(palisade.paths.specs, 'site'))
  await writeFile(join(palisade.paths.specs, 'site', 'index.php'), '<?php echo "PHP ", PHP_VERSION;')
  await setImages({ registry: registry.address, insecure: true })
}, 600_000)

afterAll(async () => {
  await palisade?.remove()
  await registry?.remove()
  await rm(cache, { recursive: true, force: true })
  vi.unstubAllEnvs()
}, 120_000)

// Each goes on where the one before it ended, as an administrator does.
describe('a registry of the administrator', { timeout: 240_000 }, () => {
  it('gives a version that YAML alone added, by digest', async () => {
    await offer({ '8.5': reference('8.5') })
    await serve({ 'old.pk4.test': '8.2', 'new.pk4.test': '8.5' })
    await palisade.start()
    await ready()
    await answers('old.pk4.test', 'PHP 8.2')
    await answers('new.pk4.test', 'PHP 8.4')
    const { out } = await palisade.program('docker', '--context', ACCOUNT, 'ps', '--format', '{{.Image}}')
    expect(out).toMatch(/^palisade\/php-8\.5:[0-9a-f]{12}$/m)
    expect((await palisade.cli('images', 'list')).out).toMatch(/^php +8\.5 +yes +docker\.io\/library\/php:8\.5-fpm@/m)
  })

  it('that gives no such digest fails the one service, and every other change is made', async () => {
    await offer({ '8.5': reference('8.5'), '8.6': reference('8.6', `sha256:${'0'.repeat(64)}`) })
    await serve({ 'old.pk4.test': '8.2', 'new.pk4.test': '8.5', 'next.pk4.test': '8.6', 'more.pk4.test': '8.5' })
    await unavailable(`php-8.6: cannot pull ${reference('8.6', `sha256:${'0'.repeat(64)}`)} from ${registry.address}: `)
    expect(await condition('Stalled')).toMatchObject({ status: 'True', reason: 'ImageUnavailable' })
    expect(await condition('ServicesReady')).toMatchObject({ status: 'False', reason: 'ImageUnavailable' })
    await answers('old.pk4.test', 'PHP 8.2')
    await answers('new.pk4.test', 'PHP 8.4')
    await answers('more.pk4.test', 'PHP 8.4')
  })

  it('is told of by palisade up, which goes on, and ends with the exit code of a failure', async () => {
    const { code, out, err } = await palisade.cli('up', '--timeout', '60s')
    expect(err).toContain(`warning: cannot pull ${reference('8.6', `sha256:${'0'.repeat(64)}`)}`)
    expect(err).toContain('not every account is ready')
    expect(out).toContain(ACCOUNT)
    expect(code).toBe(1)
  })

  it('that is down is asked again until it is up', async () => {
    await offer({ '8.5': reference('8.5') })
    await serve({ 'new.pk4.test': '8.5' })
    await ready()
    await registry.stop()
    await offer({ '8.5': reference('8.5'), '8.7': reference('8.7') })
    await serve({ 'new.pk4.test': '8.5', 'late.pk4.test': '8.7' })
    await unavailable('connection refused')
    expect(await condition('Reconciling')).toMatchObject({ status: 'True' })
    await answers('new.pk4.test', 'PHP 8.4')
    await registry.start()
    await ready()
    await answers('late.pk4.test', 'PHP 8.4')
  })

  it('may be named late: accounts that lacked an image are looked at again', async () => {
    await setImages({ registry: `${registry.address}/elsewhere`, insecure: true })
    await offer({ '8.5': reference('8.5'), '8.8': reference('8.8') })
    await serve({ 'new.pk4.test': '8.8' })
    await unavailable(`from ${registry.address}/elsewhere`)
    // Nothing but the Host's change has it looked at before the resync.
    expect(await condition('Stalled')).toMatchObject({ status: 'True' })
    await answers('new.pk4.test', 'PHP 8.4')
    await setImages({ registry: registry.address, insecure: true })
    await ready()
  })

  it('is asked ahead of time on request, and what the catalog dropped is pruned', async () => {
    await offer({ '8.8': reference('8.8'), '8.9': reference('8.9') })
    const pulled = await palisade.cli('images', 'pull', 'php', '8.9', '--output=json')
    expect(pulled).toMatchObject({ code: 0 })
    const [{ archive }] = JSON.parse(pulled.out).items
    const foreign = join(cache, 'notes.tar')
    await writeFile(foreign, 'of someone else')
    await offer({ '8.8': reference('8.8') })
    expect((await palisade.cli('images', 'prune', '--dry-run')).out).toContain(archive)
    await access(archive)
    const { code, out } = await palisade.cli('images', 'prune')
    expect(code).toBe(0)
    expect(out).toContain(archive)
    await expect(access(archive)).rejects.toThrow('ENOENT')
    await access(foreign)
    expect((await palisade.cli('images', 'list')).out).toMatch(/^php +8\.8 +yes/m)
    await ready()
  })
})
