import { createHash } from 'node:crypto'
import { open, rename, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { arch } from 'node:process'
import PQueue from 'p-queue'
import type { RegistrySettings } from '../../plan/settings.ts'
import { TerminalError } from '../../ports/errors.ts'
import { referenceIn } from './registry-reference.ts'
import { SingleFlight } from './single-flight.ts'
import type { Skopeo } from './skopeo.ts'
import { inWorkDirectory, removeAbandonedWork } from './work-directory.ts'

export interface RegistryImagesOptions {
  readonly skopeo: Skopeo
  /** Made when it is missing; may be shared by processes and installations. */
  readonly cacheDirectory: string
  /** As it is now. */
  readonly registry: () => RegistrySettings
}

/** More only compete for the way in. */
const CONCURRENT_PULLS = 3
/** Of skopeo itself, with a second or two between: for a connection that broke. */
const RETRIES = 2
const WORK_FILE = 'image.tar'
/** As registries call it: GOARCH. */
const ARCHITECTURE = arch === 'x64' ? 'amd64' : arch

/**
 * Images out of registries, kept as archives in the image cache. An archive is made once for what was asked: of a
 * reference without digest it stays what its tag meant then.
 */
export class RegistryImages {
  readonly #options: RegistryImagesOptions
  readonly #archives = new SingleFlight<string>()
  readonly #lane = new PQueue({ concurrency: CONCURRENT_PULLS })

  constructor(options: RegistryImagesOptions) {
    this.#options = options
  }

  /** Where the archive of an image from `reference` stands once it was pulled. */
  path(name: string, reference: string): string {
    return this.#path('pulled', name, this.#source(reference))
  }

  /** Where the copy of an archive stands once it was made. */
  renamedPath(name: string, archive: string): string {
    return this.#path('renamed', name, archive)
  }

  /**
   * The archive of the image behind `reference`, which bears the name `name`.
   * @throws TerminalError or TransientError `ImageUnavailable`.
   */
  async archive(name: string, reference: string, signal: AbortSignal): Promise<string> {
    const source = this.#source(reference)
    const { registry, registryInsecure } = this.#options.registry()
    // Of the one registry that the administrator named, never of all.
    const trust = registry !== '' && registryInsecure ? ['--src-tls-verify=false'] : []
    const from = [`--retry-times=${RETRIES}`, ...trust, `docker://${source}`]
    const purpose = registry === '' ? `cannot pull ${source}` : `cannot pull ${reference} from ${registry}`
    return this.#keep(this.#path('pulled', name, source), { name, from, purpose }, signal)
  }

  /** A copy of an archive of the same cache, whose image bears the name `name`. */
  async renamed(name: string, archive: string, signal: AbortSignal): Promise<string> {
    // Seen from the working directory beside it, for the same reason as where it goes to.
    const copy = {
      name,
      from: [`docker-archive:${join('..', basename(archive))}`],
      purpose: `cannot rename ${archive}`,
    }
    return this.#keep(this.renamedPath(name, archive), copy, signal)
  }

  #source(reference: string): string {
    const source = referenceIn(this.#options.registry().registry, reference)
    if (source === undefined)
      throw new TerminalError('ImageUnavailable', `${JSON.stringify(reference)} is no reference of an image`)
    return source
  }

  #path(how: 'pulled' | 'renamed', name: string, source: string): string {
    const title = /([a-z0-9.-]+)(:[^/]*)?$/.exec(name)?.[1] ?? 'image'
    const key = createHash('sha256')
      .update(JSON.stringify([name, source]))
      .digest('hex')
      .slice(0, 12)
    return join(this.#options.cacheDirectory, `${how}-${title}-${key}.tar`)
  }

  async #keep(path: string, copy: Copy, signal: AbortSignal): Promise<string> {
    if (await isFile(path)) return path
    return this.#archives.run(path, () => this.#lane.add(() => this.#make(path, copy, signal)), signal)
  }

  async #make(path: string, { name, from, purpose }: Copy, signal: AbortSignal): Promise<string> {
    const { cacheDirectory, skopeo } = this.#options
    await removeAbandonedWork(cacheDirectory)
    return inWorkDirectory(cacheDirectory, async (directory) => {
      const run = { purpose, directory, signal }
      // A relative path: a colon in the directory's would end it.
      const to = `docker-archive:${WORK_FILE}:${name}`
      const platform = ['--override-os=linux', `--override-arch=${ARCHITECTURE}`]
      await skopeo([...platform, 'copy', '--quiet', '--remove-signatures', ...from, to], run)
      refuseForeign(purpose, await skopeo(['inspect', '--config', `docker-archive:${WORK_FILE}`], run))
      await flush(join(directory, WORK_FILE))
      await rename(join(directory, WORK_FILE), path)
      return path
    })
  }
}

interface Copy {
  readonly name: string
  readonly from: readonly string[]
  /** For the message of a failure. */
  readonly purpose: string
}

/** A registry gives an image for one platform to whoever asks; only of a list is the right one chosen. */
const refuseForeign = (purpose: string, text: string): void => {
  const config: unknown = JSON.parse(text)
  const platform =
    typeof config === 'object' && config !== null && 'os' in config && 'architecture' in config
      ? `${String(config.os)}/${String(config.architecture)}`
      : 'nothing known'
  const wanted = `linux/${ARCHITECTURE}`
  if (platform !== wanted)
    throw new TerminalError('ImageUnavailable', `${purpose}: it is for ${platform}, and this machine is ${wanted}`)
}

/** What was renamed into its place has to be whole also after a power loss. */
const flush = async (path: string): Promise<void> => {
  const file = await open(path, 'r')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  )
