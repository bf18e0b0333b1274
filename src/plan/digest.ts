import { createHash } from 'node:crypto'
import type { DesiredContainer, DesiredFile } from './resources.ts'

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

const sortKeys = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sortKeys)
  if (value === null || typeof value !== 'object') return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, inner]) => [key, sortKeys(inner)]))
}

/** JSON with sorted keys: equal values give equal text. */
export const canonicalJson = (value: unknown): string => JSON.stringify(sortKeys(value))

/**
 * What a container must be replaced for. Limits change live, configuration files are read again when asked, and where an
 * image came from is told by its name; none of it is part of this.
 */
export const containerDigest = (container: DesiredContainer): string => {
  const { limits: _limits, configFiles: _files, reload: _reload, tier: _tier, ...fixed } = container
  return sha256(canonicalJson({ ...fixed, image: container.image.name }))
}

/** What a service has loaded when it has read all of its configuration files. */
export const configDigest = (container: DesiredContainer, files: ReadonlyMap<string, DesiredFile>): string =>
  sha256(
    canonicalJson(
      container.configFiles.map((path) => {
        const file = files.get(path)
        if (file === undefined) throw new Error(`${container.name} reads ${path}, which nothing renders`)
        return [path, file.content]
      }),
    ),
  )
