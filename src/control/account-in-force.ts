import { allocationOf } from '../plan/allocation.ts'
import { isSameJson } from '../plan/digest.ts'
import { isResolvedAccount } from '../plan/is-resolved-account.ts'
import type { Kinds } from '../plan/kind.ts'
import { render } from '../plan/render.ts'
import type { ResolvedAccount } from '../plan/resolved-account.ts'
import type { DesiredTenant } from '../plan/resources.ts'
import { inventoryUnder } from '../plan/retain-data.ts'
import { routedHosts } from '../plan/routed-hosts.ts'
import type { HostSettings } from '../plan/settings.ts'
import type { Blocked } from '../plan/steps.ts'
import { zonesIn } from '../plan/zones/zones-in.ts'
import { TerminalError, WaitingError } from '../ports/errors.ts'
import type { AccountRecord } from '../ports/store.ts'
import type { Claims } from './claims.ts'
import { withServableDatabases } from './data-versions.ts'
import { wantedNames, withGrantedHosts } from './granted-hosts.ts'
import type { SpecVerdict } from './specs.ts'

/** What of an account is in force. */
export interface InForce {
  readonly record: AccountRecord
  readonly desired: DesiredTenant
  /** What of the spec can't be had. */
  readonly denied: readonly Blocked[]
}

/** What decides on it beside the account's spec. */
export interface Surroundings {
  readonly settings: HostSettings
  readonly kinds: Kinds
  /** {@link Claims.claim}, or {@link Claims.judge} for a look. */
  readonly claim: Claims['claim']
}

const standingNames = ({ inventory }: AccountRecord): string[] => [...routedHosts(inventory), ...zonesIn(inventory)]

const inForce = (
  record: AccountRecord,
  resolved: ResolvedAccount,
  { settings, kinds, claim }: Surroundings,
): InForce => {
  const wanted = wantedNames(resolved)
  // A name stays claimed until edge and name server have nothing of it: another account's would be taken away in its place.
  const standing = standingNames(record)
  const refusals = claim(record.name, wanted, standing)
  const { account, blocked } = withGrantedHosts(resolved, refusals)
  const desired = render(account, allocationOf(settings, record.index), settings, kinds)
  const hosts = new Set([...wanted.filter((host) => !refusals.has(host)), ...standing])
  return { record: { ...record, hosts: [...hosts].sort() }, desired, denied: blocked }
}

/** The record after a pass, without the names that are wanted no more and that nothing stands of. */
export const withHeldHosts = (record: AccountRecord, desired: DesiredTenant, claims: Claims): AccountRecord => {
  const { routes, zones, refusedZones } = desired
  const wanted = [...routes.map(({ host }) => host), ...[...zones, ...refusedZones].map(({ name }) => name)]
  const held = new Set([...wanted, ...standingNames(record)])
  const hosts = record.hosts.filter((host) => held.has(host))
  claims.keep(record.name, hosts)
  return { ...record, hosts }
}

/**
 * What was in force before; undefined where nothing was.
 * @throws TerminalError `RecordCorrupt`
 */
export const lastGood = (record: AccountRecord | undefined, surroundings: Surroundings): InForce | undefined => {
  if (record === undefined || record.deletionTimestamp !== undefined) return undefined
  if (!isResolvedAccount(record.resolved))
    throw new TerminalError(
      'RecordCorrupt',
      `the record of ${record.name} holds no account: correct the spec to replace it`,
    )
  return inForce(record, record.resolved, surroundings)
}

/**
 * The record of an account that may have one.
 * @throws WaitingError `Terminating` while a former account of the name is being removed.
 */
export const standingRecord = (account: string, record: AccountRecord | undefined): AccountRecord | undefined => {
  if (record?.deletionTimestamp === undefined) return record
  throw new WaitingError('Terminating', `the former account ${account} is being removed first`, 1_000)
}

export interface Accepted {
  readonly account: string
  readonly verdict: Extract<SpecVerdict, { state: 'valid' }>
  /** See {@link standingRecord}. */
  readonly known: AccountRecord | undefined
  /** The account's, or what a new one would get. */
  readonly index: number
}

/** A valid spec on top of what is known of its account. Nothing is written. */
export const accept = ({ account, verdict, known, index }: Accepted, surroundings: Surroundings): InForce => {
  const { spec } = verdict
  const dataVersions = known?.dataVersions ?? {}
  const { account: resolved, blocked } = withServableDatabases(verdict.resolved, {
    served: dataVersions,
    inForce: isResolvedAccount(known?.resolved) ? known.resolved : undefined,
    kinds: surroundings.kinds.databases,
  })
  const changed = known === undefined || !isSameJson([known.resolved, known.spec], [resolved, spec])
  const record: AccountRecord = {
    name: account,
    index,
    generation: (known?.generation ?? 0) + (changed ? 1 : 0),
    spec: changed ? spec : known.spec,
    resolved: changed ? resolved : known.resolved,
    hosts: [],
    inventory: known?.inventory ?? [],
    dataVersions,
    convergedGeneration: known?.convergedGeneration ?? 0,
  }
  const accepted = inForce(record, resolved, surroundings)
  const inventory = inventoryUnder(resolved.removedData, record.inventory, accepted.desired)
  return {
    record: { ...accepted.record, inventory },
    desired: accepted.desired,
    denied: [...blocked, ...accepted.denied],
  }
}
