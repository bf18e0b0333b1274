import type { DesiredContainer, DesiredNetwork, ObservedContainer } from '../../src/plan/resources.ts'
import type { Engines } from '../../src/ports/engine.ts'

export const network = (name: string, changes: Partial<DesiredNetwork> = {}): DesiredNetwork => ({
  type: 'network',
  name,
  subnet: '172.30.0.0/24',
  dynamicRange: '172.30.0.128/25',
  ipv6Subnet: 'none',
  internal: true,
  ...changes,
})

/** A service that does nothing until it is told to stop. */
export const idleContainer = (image: string, changes: Partial<DesiredContainer> = {}): DesiredContainer => ({
  type: 'container',
  tier: 'backend',
  name: 'idle',
  service: 'idle',
  image: { name: image, sources: [] },
  runtime: 'runc',
  command: ['sh', '-c', 'trap "exit 0" TERM; trap "echo reloaded" HUP; echo started; while :; do sleep 1 & wait; done'],
  environment: {},
  workingDirectory: '/',
  user: { uid: 33, gid: 33 },
  mounts: [],
  tmpfs: [{ target: '/tmp', sizeBytes: 1024 * 1024, owner: { uid: 33, gid: 33 }, mode: '0700', executable: false }],
  networks: [],
  hosts: {},
  publish: [],
  health: { command: ['true'], intervalMs: 60_000, timeoutMs: 10_000, retries: 3 },
  limits: { cpuMillis: 500, memoryBytes: 32 * 1024 * 1024, pids: 16 },
  stopSignal: 'SIGTERM',
  stopTimeoutSeconds: 5,
  configFiles: [],
  reload: 'never',
  ...changes,
})

export interface EnginesUnderTest {
  readonly engines: Engines
  readonly account: string
  /** Present in the engine, with a shell. */
  readonly image: string
  /** A `docker load` archive of the image alone. */
  readonly archive: string
  readonly removeImage: () => Promise<void>
  /** Makes a container that runs, or a network, that nobody calls ours. */
  readonly makeForeign: (type: 'container' | 'network', name: string) => Promise<void>
  /** Ids of the foreign containers that run and of the foreign networks. */
  readonly foreign: () => Promise<readonly string[]>
  /** Lets a container of that name, made later, end at each start as its command would have it. */
  readonly crash: (container: string, how: { readonly exitCode: number; readonly log: string }) => Promise<void>
  readonly pause: (container: string) => Promise<void>
  /** Removes every container and network of the account. */
  readonly clear: () => Promise<void>
}

/** Undefined while there is none of ours. */
export const containerNamed = async (
  { engines, account }: EnginesUnderTest,
  name: string,
): Promise<ObservedContainer | undefined> => (await engines.observe(account)).containers.get(name)
