import { UNLIMITED } from '../plan/resources.ts'
import { type Attempt, attempt, type ExhaustionProbe, type NotTried, type Probe } from './probe.ts'
import type { Scene } from './scene.ts'

const MEBIBYTE = 1024 * 1024
/** So far above a limit an attack goes where nothing stops it. */
const BEYOND_BYTES = 32 * MEBIBYTE
const BEYOND_PROCESSES = 16
const SECONDS = 3
/** Files of a tmpfs take no room of its size, so memory has to stop them: a kilobyte each, or nearly. */
const INODE_BYTES = 512
const LOG_BYTES = 32 * MEBIBYTE
/** What the probe's own log is bounded to, and what the engine may hold back of it for a moment. */
const KEPT_LOG_BYTES = 3 * MEBIBYTE
const DISCARD = 9

type Head = Pick<ExhaustionProbe, 'title' | 'expected' | 'scope'>

const exhaustion = (
  id: string,
  head: Head,
  attempts: (scene: Scene) => readonly Attempt[] | NotTried,
  keptLogBytes?: number,
): Probe => ({
  kind: 'exhaustion',
  id: `exhaustion/${id}`,
  group: 'exhaustion',
  position: head.scope === 'tenant' ? 'root' : 'service',
  ...head,
  attempts,
  ...(keptLogBytes === undefined ? {} : { keptLogBytes }),
})

const ofProbe = (title: string, expected: string): Head => ({ title, expected, scope: 'probe' })
const ofTenant = (title: string, expected: string): Head => ({ title, expected, scope: 'tenant' })

/** Writing more would take minutes, and wear the disk. */
const MAX_FILLED_BYTES = 1024 * MEBIBYTE

const fillTree = ({ attacker: { ceilings, writable, writer } }: Scene): readonly Attempt[] | NotTried => {
  const { bytes = UNLIMITED } = ceilings.storage.wanted
  if (writable === undefined) return { notTried: 'it has no site to write to' }
  if (bytes > MAX_FILLED_BYTES) return { notTried: 'its limit is more than this may write: 1 GiB' }
  return [attempt('fill-as', writer, writable, bytes + BEYOND_BYTES)]
}

const MAX_MADE_FILES = 200_000
const BEYOND_FILES = 1_000

const crowdTree = ({ attacker: { ceilings, writable, writer } }: Scene): readonly Attempt[] | NotTried => {
  const { inodes = UNLIMITED } = ceilings.storage.wanted
  if (writable === undefined) return { notTried: 'it has no site to write to' }
  if (inodes > MAX_MADE_FILES) return { notTried: 'its limit is more than this may make: 200,000 files' }
  return [attempt('inodes-as', writer, writable, inodes + BEYOND_FILES)]
}

/** What one tenant may use up, and another must not feel. */
export const EXHAUSTION_PROBES: readonly Probe[] = [
  exhaustion('processes', ofProbe('fork bomb in a service', "stopped at the service's limit"), ({ container }) => [
    attempt('fork', container.pids + BEYOND_PROCESSES),
  ]),
  exhaustion('memory', ofProbe('memory hog in a service', "ended at the service's limit"), ({ container }) => [
    attempt('memory', container.memoryBytes + BEYOND_BYTES),
  ]),
  exhaustion('open-files', ofProbe('open files without end', 'stopped at the limit'), ({ container }) => [
    attempt('open-files', container.openFiles + 1),
  ]),
  exhaustion('temporary-files', ofProbe('fill /tmp', 'stopped at its size'), ({ container }) => [
    attempt('fill', '/tmp', container.tmpBytes + BEYOND_BYTES),
  ]),
  exhaustion('inodes', ofProbe('files without content in /tmp', 'stopped by a limit'), ({ container }) => [
    attempt('inodes', '/tmp', Math.ceil(container.memoryBytes / INODE_BYTES)),
  ]),
  exhaustion(
    'log',
    ofProbe('flood of output', 'the engine keeps the end of it'),
    () => [attempt('log', LOG_BYTES)],
    KEPT_LOG_BYTES,
  ),
  exhaustion('packets', ofProbe('flood of packets', 'the other tenant answers as ever'), ({ attacker }) => [
    attempt('flood', `${attacker.gateway}:${DISCARD}`, SECONDS),
  ]),
  exhaustion('processors', ofProbe('busy loops', 'the other tenant answers as ever'), () => [
    attempt('burn', SECONDS, 16),
  ]),
  exhaustion('tenant-processes', ofTenant('fork bomb', "stopped at the tenant's limit"), ({ attacker }) => [
    attempt('fork', attacker.limits.pids + BEYOND_PROCESSES),
  ]),
  exhaustion('tenant-memory', ofTenant('memory hog', "ended at the tenant's limit"), ({ attacker }) => [
    attempt('memory', attacker.limits.memoryBytes + BEYOND_BYTES),
  ]),
  {
    kind: 'exhaustion',
    id: 'exhaustion/tenant-storage',
    group: 'exhaustion',
    position: 'root',
    title: 'fill the disk as a subordinate user',
    expected: "stopped at the tenant's limit",
    scope: 'tenant',
    applies: ({ attacker }) => attacker.ceilings.storage.wanted.bytes !== UNLIMITED,
    attempts: fillTree,
  },
  {
    kind: 'exhaustion',
    id: 'exhaustion/tenant-inodes',
    group: 'exhaustion',
    position: 'root',
    title: 'files without content as a subordinate user',
    expected: "stopped at the tenant's limit",
    scope: 'tenant',
    // Where files are never counted, as on btrfs, their number is no limit of the tree's.
    applies: ({ attacker: { ceilings } }) =>
      ceilings.storage.wanted.inodes !== UNLIMITED && 'inodes' in ceilings.storage.inForce,
    attempts: crowdTree,
  },
  exhaustion('tenant-processors', ofTenant('busy loops', 'the other tenant answers as ever'), () => [
    attempt('burn', SECONDS, 16),
  ]),
]
