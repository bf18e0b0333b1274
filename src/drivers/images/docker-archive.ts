import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { arch } from 'node:process'
import { pipeline } from 'node:stream/promises'
import { type Pack, pack } from 'tar-stream'
import { SOURCE_DATE_EPOCH } from './layer.ts'
import type { Recipe, RecipeConfig } from './recipe.ts'
import type { WrittenFile } from './tar-entries.ts'

const NANOSECONDS = 1_000_000_000

/**
 * Writes an archive for `docker load`, in the format that engines from 1.10 on read:
 * https://github.com/moby/docker-image-spec (manifest.json, image configuration, one tar per layer).
 */
export const writeDockerArchive = async (
  path: string,
  recipe: Recipe,
  layers: readonly WrittenFile[],
): Promise<void> => {
  const configuration = JSON.stringify(imageConfiguration(recipe, layers))
  const configurationName = `${createHash('sha256').update(configuration).digest('hex')}.json`
  const manifest = [
    { Config: configurationName, RepoTags: [recipe.image], Layers: layers.map((layer) => layerName(layer)) },
  ]
  const archive = pack()
  const writing = pipeline(archive, createWriteStream(path, { flush: true }))
  archive.entry(header(configurationName), configuration)
  archive.entry(header('manifest.json'), JSON.stringify(manifest))
  try {
    for (const layer of layers) await appendLayer(archive, layer)
    archive.finalize()
  } catch (error) {
    archive.destroy()
    await writing.catch(() => undefined)
    throw error
  }
  await writing
}

const header = (name: string) => ({ name, mode: 0o644, mtime: new Date(SOURCE_DATE_EPOCH * 1000) })

const layerName = (layer: WrittenFile): string => `${layer.digest}.tar`

const appendLayer = async (archive: Pack, layer: WrittenFile): Promise<void> => {
  await pipeline(createReadStream(layer.path), archive.entry({ ...header(layerName(layer)), size: layer.size }))
}

const imageConfiguration = (recipe: Recipe, layers: readonly WrittenFile[]) => ({
  architecture: arch === 'x64' ? 'amd64' : arch,
  os: 'linux',
  created: new Date(SOURCE_DATE_EPOCH * 1000).toISOString(),
  config: containerConfiguration(recipe.definition.config),
  rootfs: { type: 'layers', diff_ids: layers.map((layer) => `sha256:${layer.digest}`) },
  history: layers.map(() => ({ created_by: `palisade recipe ${recipe.name}` })),
})

const containerConfiguration = (config: RecipeConfig) => ({
  Env: Object.entries({ PATH: DEFAULT_PATH, ...config.env }).map(([name, value]) => `${name}=${value}`),
  Entrypoint: config.entrypoint ?? null,
  Cmd: config.cmd ?? null,
  User: config.user ?? '',
  WorkingDir: config.workdir ?? '/',
  StopSignal: config.stopSignal ?? 'SIGTERM',
  ExposedPorts: Object.fromEntries((config.ports ?? []).map((port) => [port, {}])),
  ...(config.healthcheck === undefined
    ? {}
    : {
        Healthcheck: {
          Test: ['CMD', ...config.healthcheck.command],
          Interval: config.healthcheck.intervalSeconds * NANOSECONDS,
          Timeout: config.healthcheck.timeoutSeconds * NANOSECONDS,
          Retries: config.healthcheck.retries,
        },
      }),
})

const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
