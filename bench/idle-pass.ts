import { awaitServices } from './cold-start.ts'
import type { ComposeUp } from './compose.ts'
import { emptyEngine } from './empty-engine.ts'
import type { Result } from './result.ts'
import { median } from './statistics.ts'
import type { BenchTenant } from './tenant.ts'

const BLOCKS = 2
const PASSES = 15

const containerIds = async ({ ports, desired }: BenchTenant): Promise<string> => {
  const { containers } = await ports.engines.observe(desired.account)
  return [...containers.values()]
    .map(({ id }) => id)
    .sort()
    .join()
}

/** Brings the services up, then times passes that must leave every container alone. */
const block = async (
  tenant: BenchTenant,
  pass: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<readonly number[]> => {
  await emptyEngine(tenant)
  await pass(signal)
  await awaitServices(tenant, signal)
  await pass(signal)
  const before = await containerIds(tenant)
  const times: number[] = []
  for (let count = 0; count < PASSES; count++) {
    const begun = performance.now()
    await pass(signal)
    times.push(performance.now() - begun)
  }
  if ((await containerIds(tenant)) !== before) throw new Error('a pass over nothing to do made containers anew')
  return times
}

/** (b): a pass over nothing to do. */
export const measureIdlePass = async (tenant: BenchTenant, up: ComposeUp, signal: AbortSignal): Promise<Result> => {
  const ours: number[] = []
  const peers: number[] = []
  for (let round = 0; round < BLOCKS; round++) {
    ours.push(...(await block(tenant, tenant.reconcile, signal)))
    peers.push(...(await block(tenant, up, signal)))
  }
  return {
    id: 'b',
    kind: 'versus',
    title: 'pass over nothing to do',
    unit: 'ms',
    value: median(ours),
    peer: median(peers),
    peerName: 'docker compose up -d',
    goal: 0.5,
  }
}
