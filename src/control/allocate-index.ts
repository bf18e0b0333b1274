import { allocationOf } from '../plan/allocation.ts'
import type { HostSettings } from '../plan/settings.ts'
import { TerminalError } from '../ports/errors.ts'
import type { Ports } from '../ports/ports.ts'

export interface AllocationContext {
  readonly ports: Pick<Ports, 'store' | 'users' | 'nics'>
  readonly settings: HostSettings
}

/** Who has something of the index on this host, though no account was given it. */
const findOccupant = async ({ ports, settings }: AllocationContext, account: string, index: number) => {
  const allocation = allocationOf(settings, index)
  return (await ports.users.findOccupant(account, allocation)) ?? (await ports.nics.findOccupant(allocation))
}

/** @throws TerminalError `PoolOverlaps` while the addresses are those of another network of the host. */
const requireFreePool = async ({ nics }: AllocationContext['ports']): Promise<void> => {
  const pool = await nics.observePool()
  if (pool !== 'free') throw new TerminalError(pool.reason, pool.message)
}

/** That of a user of ours whose record was lost: its tree stays its own. What was archived is nobody's. */
const findStanding = async ({ store, users }: AllocationContext['ports'], account: string) => {
  const index = await users.findIndex(account)
  return index !== undefined && (await store.isUnclaimed(index)) ? index : undefined
}

/** What {@link allocateIndex} would return now. Nothing is written. */
export const nextIndex = async (context: AllocationContext, account: string): Promise<number> => {
  await requireFreePool(context.ports)
  const standing = await findStanding(context.ports, account)
  if (standing !== undefined) return standing
  return context.ports.store.nextIndex(async (index) => (await findOccupant(context, account, index)) === undefined)
}

/**
 * An index for an account that has none: one whose ids and interface nobody on this host has. Those that are left out are told
 * of in an event.
 * @throws TerminalError `PoolExhausted` or `PoolOverlaps`
 */
export const allocateIndex = async (context: AllocationContext, account: string): Promise<number> => {
  const { store } = context.ports
  await requireFreePool(context.ports)
  const standing = await findStanding(context.ports, account)
  if (standing !== undefined) {
    await store.reserveIndex(standing)
    return standing
  }
  const skipped: { readonly index: number; readonly occupant: string }[] = []
  const allocated = await store.allocateIndex(async (index) => {
    const occupant = await findOccupant(context, account, index)
    if (occupant !== undefined) skipped.push({ index, occupant })
    return occupant === undefined
  })
  const [first] = skipped
  if (first !== undefined) {
    const others = skipped.length === 1 ? ' is' : ` and ${skipped.length - 1} more are`
    const message = `index ${first.index}${others} left out: ${first.occupant}`
    await store.appendEvent({ type: 'Warning', reason: 'IndexLeftOut', object: `Account/${account}`, message })
  }
  return allocated
}
