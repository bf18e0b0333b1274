import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { arch } from 'node:process'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { RegistrySettings } from '../../plan/settings.ts'
import { TerminalError, TransientError } from '../../ports/errors.ts'
import { hostImages } from './host-images.ts'
import { RegistryImages } from './registry-images.ts'
import type { Skopeo } from './skopeo.ts'

const NAME = 'palisade/php-8.5:0123456789ab'
const REFERENCE = 'docker.io/library/php:8.5-fpm'
const MIRROR: RegistrySettings = { registry: 'mirror.test:5000', registryInsecure: true }
const architecture = arch === 'x64' ? 'amd64' : arch
const { signal } = new AbortController()

let cacheDirectory: string
beforeEach(async () => {
  cacheDirectory = await mkdtemp(join(tmpdir(), 'palisade-pull-'))
})
afterEach(() => rm(cacheDirectory, { recursive: true, force: true }))

/** Copies write where they come from and which name they bear. */
const copying =
  (calls: string[][], platform = { os: 'linux', architecture }): Skopeo =>
  async (args, { directory }) => {
    calls.push([...args])
    if (args[0] === 'inspect') return JSON.stringify(platform)
    await writeFile(join(directory, 'image.tar'), args.slice(-2).join(' '))
    return ''
  }

const registryImages = (skopeo: Skopeo, registry: RegistrySettings = MIRROR) =>
  new RegistryImages({ skopeo, cacheDirectory, registry: () => registry })

const copies = (calls: readonly string[][]): readonly string[][] => calls.filter(([first]) => first !== 'inspect')

describe('RegistryImages', () => {
  it('pulls once for all who ask at once, and not again what is here', async () => {
    const calls: string[][] = []
    const images = registryImages(copying(calls))
    const paths = await Promise.all([1, 2, 3].map(() => images.archive(NAME, REFERENCE, signal)))
    expect(await images.archive(NAME, REFERENCE, signal)).toBe(paths[0])
    expect(new Set(paths)).toEqual(new Set([images.path(NAME, REFERENCE)]))
    expect(copies(calls)).toHaveLength(1)
    expect(await readFile(paths[0] ?? '', 'utf8')).toBe(
      `docker://mirror.test:5000/library/php:8.5-fpm docker-archive:image.tar:${NAME}`,
    )
  })

  it('asks for this platform, and trusts without TLS only the registry that the Host names so', async () => {
    const calls: string[][] = []
    await registryImages(copying(calls)).archive(NAME, REFERENCE, signal)
    await registryImages(copying(calls), { ...MIRROR, registryInsecure: false }).archive('a', 'other.test/a:1', signal)
    await registryImages(copying(calls), { registry: '', registryInsecure: true }).archive(
      'a',
      'other.test/b:1',
      signal,
    )
    const asked = copies(calls)
    expect(asked.map((args) => args.includes('--src-tls-verify=false'))).toEqual([true, false, false])
    for (const args of asked)
      expect(args).toEqual(expect.arrayContaining(['--override-os=linux', `--override-arch=${architecture}`]))
  })

  it('keeps what another registry, reference or name gives apart', () => {
    const paths = [
      registryImages(copying([])).path(NAME, REFERENCE),
      registryImages(copying([])).path(NAME, `${REFERENCE}-bookworm`),
      registryImages(copying([])).path('palisade/php-8.5:ba9876543210', REFERENCE),
      registryImages(copying([]), { registry: '', registryInsecure: false }).path(NAME, REFERENCE),
    ]
    expect(new Set(paths).size).toBe(paths.length)
  })

  it('leaves nothing of what failed, and tries again when it is asked again', async () => {
    const broken: Skopeo = async (_args, { directory }) => {
      await writeFile(join(directory, 'image.tar'), 'half of it')
      throw new TransientError('ImageUnavailable', 'connection refused')
    }
    await expect(registryImages(broken).archive(NAME, REFERENCE, signal)).rejects.toThrow(TransientError)
    expect(await readdir(cacheDirectory)).toEqual([])
    await registryImages(copying([])).archive(NAME, REFERENCE, signal)
    expect(await readdir(cacheDirectory)).toHaveLength(1)
  })

  it('refuses an image for another machine', async () => {
    const images = registryImages(copying([], { os: 'linux', architecture: 's390x' }))
    await expect(images.archive(NAME, REFERENCE, signal)).rejects.toThrow(
      `cannot pull ${REFERENCE} from mirror.test:5000: it is for linux/s390x, and this machine is linux/${architecture}`,
    )
    expect(await readdir(cacheDirectory)).toEqual([])
  })

  it('runs nothing for what is no reference', async () => {
    const calls: string[][] = []
    const images = registryImages(copying(calls))
    await expect(images.archive(NAME, '--authfile=/etc/shadow', signal)).rejects.toThrow(TerminalError)
    expect(calls).toEqual([])
  })
})

describe('hostImages', () => {
  const RECIPE = { from: 'recipe', recipe: 'php-8.5' } as const
  const REGISTRY = { from: 'registry', reference: REFERENCE } as const
  const gone = new TerminalError('ImageUnavailable', 'manifest unknown')
  const down = new TransientError('ImageUnavailable', 'connection refused')

  const failing = (error: Error): Skopeo => {
    return async (args, run) => {
      if (args.some((arg) => arg.startsWith('docker://'))) throw error
      return copying([])(args, run)
    }
  }
  const makers = (skopeo: Skopeo, build: () => Promise<string>) => ({
    recipes: { imageOf: () => 'palisade/php-8.5:recipe', archive: build },
    registry: registryImages(skopeo),
  })
  const built = async (): Promise<string> => join(cacheDirectory, 'php-8.5-aaaaaaaaaaaa.tar')

  it('takes the first source that gives the image', async () => {
    const images = hostImages(makers(copying([]), () => Promise.reject(gone)))
    const archive = await images.archive({ name: NAME, sources: [RECIPE, REGISTRY] }, signal)
    expect(await readFile(archive, 'utf8')).toContain(`docker-archive:image.tar:${NAME}`)
  })

  it('gives what was built in the place of a pulled image the name that the engine looks for', async () => {
    const images = hostImages(makers(failing(gone), built))
    const archive = await images.archive({ name: NAME, sources: [REGISTRY, RECIPE] }, signal)
    expect(await readFile(archive, 'utf8')).toBe(
      `docker-archive:../php-8.5-aaaaaaaaaaaa.tar docker-archive:image.tar:${NAME}`,
    )
  })

  it.each([
    ['is final when every failure is', gone, TerminalError],
    ['is worth another try when one failure is', down, TransientError],
  ])('tells of each source, and %s', async (_what, error, type) => {
    const images = hostImages(makers(failing(error), () => Promise.reject(gone)))
    const outcome = images.archive({ name: NAME, sources: [REGISTRY, RECIPE] }, signal)
    await expect(outcome).rejects.toThrow(type)
    await expect(outcome).rejects.toThrow(`${error.message}; ${gone.message}`)
  })
})
