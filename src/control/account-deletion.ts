import { allocationOf } from '../plan/allocation.ts'
import { makeDeletionPlan } from '../plan/make-deletion-plan.ts'
import { routedHosts } from '../plan/routed-hosts.ts'
import type { HostSettings } from '../plan/settings.ts'
import { zonesIn } from '../plan/zones/zones-in.ts'
import type { Ports } from '../ports/ports.ts'
import type { AccountRecord } from '../ports/store.ts'
import type { PassOptions } from './account-pass.ts'
import { execute } from './execute.ts'
import { makeExecutors } from './executors.ts'

const zonesOf = async ({ name, inventory }: AccountRecord, { zones }: Ports): Promise<string[]> =>
  [...(await zones.observe(zonesIn(inventory)))].filter(([, { owner }]) => owner === name).map(([zone]) => zone)

/**
 * Ends a tenant. The record is the finalizer: it is marked first and removed last, so a crash anywhere is gone on from.
 * @throws the first error of a step; what was not done is done by the next pass.
 */
export const deleteAccount = async (
  former: AccountRecord,
  settings: HostSettings,
  retainData: boolean,
  { ports, concurrency, signal, onStep }: PassOptions,
): Promise<void> => {
  const now = new Date(ports.clock.now()).toISOString()
  const record = { ...former, deletionTimestamp: former.deletionTimestamp ?? now }
  await ports.store.writeRecord(record)
  const allocation = allocationOf(settings, record.index)
  const inventory = new Set(record.inventory)
  const plan = makeDeletionPlan({
    account: record.name,
    interface: allocation.interface,
    inventory,
    zones: await zonesOf(record, ports),
    routes: [...(await ports.edge.observe(routedHosts(inventory))).keys()],
    retainData,
  })
  const { failures } = await execute(plan, makeExecutors(ports, { account: record.name, allocation }), {
    signal,
    concurrency,
    onStep,
  })
  const [failure] = failures
  if (failure !== undefined) throw failure.error
  await ports.store.removeStatus('Account', record.name)
  await ports.store.removeRecord(record.name)
  const message = retainData ? 'the tenant is gone, its data is in the archive' : 'the tenant and its data are gone'
  await ports.store.appendEvent({ type: 'Normal', reason: 'Deleted', object: `Account/${record.name}`, message })
}
