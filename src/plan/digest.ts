import { hash } from 'node:crypto'
import type { DesiredContainer, Owner } from './resources.ts'

export const sha256 = (text: string): string => hash('sha256', text)

const sortKeys = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sortKeys)
  if (value === null || typeof value !== 'object') return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, inner]) => [key, sortKeys(inner)]))
}

/** JSON with sorted keys: equal values give equal text. */
export const canonicalJson = (value: unknown): string => JSON.stringify(sortKeys(value))

/** Whether two values are the same as JSON. In most cases their keys are in the same order, which is told much faster. */
export const isSameJson = (left: unknown, right: unknown): boolean =>
  JSON.stringify(left) === JSON.stringify(right) || canonicalJson(left) === canonicalJson(right)

/** Changes live, is read again when asked, or says nothing of the container itself. */
type Changeable = 'limits' | 'configFiles' | 'reload' | 'tier'

type Fixed = { readonly [K in Exclude<keyof DesiredContainer, Changeable>]: unknown }

const ownerOf = ({ uid, gid }: Owner): unknown => [uid, gid]

const sorted = (record: Readonly<Record<string, string>>): unknown =>
  Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1))

/** In one order whatever that of the kinds, and without a walk that sorts: every pass asks it of every container. */
const fixedOf = (container: DesiredContainer): Fixed => ({
  type: container.type,
  name: container.name,
  service: container.service,
  image: container.image.name,
  runtime: container.runtime,
  command: container.command,
  environment: sorted(container.environment),
  workingDirectory: container.workingDirectory,
  user: ownerOf(container.user),
  mounts: container.mounts.map(({ source, target, readOnly }) => [source, target, readOnly]),
  tmpfs: container.tmpfs.map(({ target, sizeBytes, owner, mode, executable }) => [
    target,
    sizeBytes,
    ownerOf(owner),
    mode,
    executable,
  ]),
  networks: container.networks.map(({ network, aliases, address }) => [network, aliases, address]),
  hosts: sorted(container.hosts),
  publish: container.publish.map(({ hostAddress, hostPort, containerPort }) => [hostAddress, hostPort, containerPort]),
  health: [container.health.command, container.health.intervalMs, container.health.timeoutMs, container.health.retries],
  stopSignal: container.stopSignal,
  stopTimeoutSeconds: container.stopTimeoutSeconds,
})

/** What a container must be replaced for; where its image came from is told by the image's name. */
export const containerDigest = (container: DesiredContainer): string => sha256(JSON.stringify(fixedOf(container)))

/** What a service has loaded that has read those of its configuration files that stand; `contents` are digests, by path. */
export const configDigest = ({ configFiles }: DesiredContainer, contents: ReadonlyMap<string, string>): string =>
  sha256(JSON.stringify(configFiles.filter((path) => contents.has(path)).map((path) => [path, contents.get(path)])))
