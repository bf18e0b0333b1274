import { makeExecutors } from '../src/control/executors.ts'
import type { ComposeUp } from './compose.ts'
import { emptyEngine } from './empty-engine.ts'
import type { Result } from './result.ts'
import { describeContainers, requireSame } from './same-containers.ts'
import { median } from './statistics.ts'
import type { BenchTenant } from './tenant.ts'

const ROUNDS = 7

/** Milliseconds from the begin until the last container runs, and until the last service is healthy. */
interface ColdStart {
  readonly started: number
  readonly healthy: number
}

const startOurs = async (tenant: BenchTenant, signal: AbortSignal): Promise<ColdStart> => {
  const begun = performance.now()
  await tenant.reconcile(signal)
  return { started: tenant.marks.created - begun, healthy: tenant.marks.healthy - begun }
}

/** Asks the services as the operator does. */
export const awaitServices = async ({ ports, desired }: BenchTenant, signal: AbortSignal): Promise<void> => {
  const { awaitHealthy } = makeExecutors(ports, desired)
  const steps = desired.containers.map((container, id) => ({
    id,
    action: 'awaitHealthy' as const,
    args: { container },
    target: `container/${container.name}` as const,
    cause: 'the benchmark waits',
    after: [],
    behind: [],
    afterAny: [],
  }))
  await Promise.all(steps.map((step) => awaitHealthy(step, signal)))
}

const startCompose = async (tenant: BenchTenant, up: ComposeUp, signal: AbortSignal): Promise<ColdStart> => {
  const begun = performance.now()
  await up(signal)
  const started = performance.now() - begun
  await awaitServices(tenant, signal)
  return { started, healthy: performance.now() - begun }
}

/** (a): all services of the quickstart, on a warm engine that has nothing but images. */
export const measureColdStart = async (
  tenant: BenchTenant,
  up: ComposeUp,
  signal: AbortSignal,
): Promise<readonly Result[]> => {
  const ours: ColdStart[] = []
  const peers: ColdStart[] = []
  const runs = [
    async () => void ours.push(await startOurs(tenant, signal)),
    async () => void peers.push(await startCompose(tenant, up, signal)),
  ]
  const seen: ReadonlyMap<string, string>[] = []
  // The first round warms caches up and does not count; who begins changes from round to round.
  for (let round = 0; round <= ROUNDS; round++) {
    for (const run of round % 2 === 0 ? runs : runs.toReversed()) {
      signal.throwIfAborted()
      await emptyEngine(tenant)
      await run()
      if (round === 0) seen.push(await describeContainers(tenant))
    }
  }
  const [mine, theirs] = seen
  if (mine !== undefined && theirs !== undefined) requireSame(mine, theirs)
  const of = (starts: readonly ColdStart[], key: keyof ColdStart) => median(starts.slice(1).map((start) => start[key]))
  const common = { id: 'a', unit: 'ms', peerName: 'docker compose up -d' } as const
  return [
    {
      ...common,
      kind: 'versus',
      title: 'cold start: containers started',
      value: of(ours, 'started'),
      peer: of(peers, 'started'),
      goal: 1.1,
    },
    {
      ...common,
      kind: 'info',
      title: 'cold start: services healthy',
      value: of(ours, 'healthy'),
      peer: of(peers, 'healthy'),
    },
  ]
}
