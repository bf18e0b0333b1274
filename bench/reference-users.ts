import { existsSync, readFileSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { imageCacheDirectory } from '../src/cli/image-cache.ts'
import { detectCgroups } from '../src/drivers/host/cgroups.ts'
import { archivePath } from '../src/drivers/images/build-image.ts'
import { loadRecipes } from '../src/drivers/images/recipe.ts'
import { get } from '../test/fixtures/get.ts'
import { type Installation, installation } from '../test/fixtures/installation.ts'
import type { Result } from './result.ts'

const PREFIX = 'plb'
const ACCOUNTS = ['plbuser1', 'plbuser2', 'plbuser3']
const SITES = [
  ['site1.com', 'site2.com', 'legacy.com'],
  ['api.site.com', 'main.site.com'],
  ['classic.com', 'modern.com', 'vintage.com', 'api.modern.com'],
].flat()
const POLL_MS = 100
const MEGABYTE = 1e6

const info = (title: string, unit: 'ms' | 'MB', value: number): Result => ({
  id: 'e',
  kind: 'info',
  title,
  unit,
  value,
})

const answers = async (palisade: Installation, host: string): Promise<boolean> =>
  (await get(palisade.httpPort, host).catch(() => ({ status: 0 }))).status === 200

/** Milliseconds since `begun` when each site gave its first page. */
const awaitSites = async (palisade: Installation, begun: number, signal: AbortSignal): Promise<number[]> =>
  Promise.all(
    SITES.map(async (host) => {
      while (!(await answers(palisade, host))) {
        signal.throwIfAborted()
        await new Promise((resolve) => setTimeout(resolve, POLL_MS))
      }
      return performance.now() - begun
    }),
  )

/** What a container's processes hold themselves: the page cache, which the kernel takes back, is left out. */
const heldBytes = (directories: readonly string[], id: string): number => {
  const files = directories.map((directory) => join(directory, 'services', id, 'memory.stat'))
  const file = files.find((path) => existsSync(path))
  const held = file === undefined ? null : /^(?:anon|total_rss) (\d+)$/m.exec(readFileSync(file, 'utf8'))
  if (held === null) throw new Error(`the kernel counts no memory of the container ${id}`)
  return Number(held[1])
}

const memoryAtRest = async (palisade: Installation): Promise<Result[]> => {
  const hierarchy = detectCgroups('/sys/fs/cgroup')
  const lines: Result[] = []
  for (const account of ACCOUNTS) {
    const format = '{{.Label "palisade.dev/service"}} {{.ID}}'
    const listed = await palisade.program('docker', '--context', account, 'ps', '--no-trunc', '--format', format)
    for (const line of listed.out.trim().split('\n').sort()) {
      const [service = '', id = ''] = line.split(' ')
      const bytes = heldBytes(hierarchy.directories(`plb/${account}`), id)
      lines.push(info(`at rest, ${account.slice(PREFIX.length)}: ${service}`, 'MB', bytes / MEGABYTE))
    }
  }
  return lines
}

const imageSizes = async (checkout: string): Promise<Result[]> => {
  const recipes = await loadRecipes(join(checkout, 'images'))
  const cache = imageCacheDirectory(process.env)
  const sizes = await Promise.all(
    [...recipes.values()].map(async (recipe) => {
      const found = await stat(archivePath(cache, recipe)).catch(() => undefined)
      return found === undefined ? [] : [info(`image: ${recipe.name}`, 'MB', found.size / MEGABYTE)]
    }),
  )
  return sizes.flat()
}

/** (e): the reference's three users, from a host that has nothing but their images. */
export const measureReferenceUsers = async (
  checkout: string,
  report: (message: string) => void,
  signal: AbortSignal,
): Promise<readonly Result[]> => {
  const palisade = await installation({ instance: 'plb', ipv4Pool: '10.108.0.0/24', uidBase: 1_042_000_000 })
  try {
    report('building what is missing of the images')
    await palisade.applyAll('reference', PREFIX)
    const built = await palisade.cli('images', 'build')
    if (built.code !== 0) throw new Error(built.err)
    report('three users from an empty host')
    const begun = performance.now()
    await palisade.start()
    const times = (await awaitSites(palisade, begun, signal)).sort((a, b) => a - b)
    const results = [
      info('three users: first site answers', 'ms', times[0] ?? 0),
      info(`three users: all ${times.length} sites answer`, 'ms', times.at(-1) ?? 0),
    ]
    for (const account of ACCOUNTS) {
      const waited = await palisade.cli('wait', account, '--for=Ready', '--timeout', '10m')
      if (waited.code !== 0) throw new Error(waited.err)
    }
    results.push(info('three users: all Ready', 'ms', performance.now() - begun))
    return [...results, ...(await memoryAtRest(palisade)), ...(await imageSizes(checkout))]
  } finally {
    report('removing the three users')
    await palisade.remove()
  }
}
