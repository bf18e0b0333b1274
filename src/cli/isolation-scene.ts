import { allKinds } from '../kinds/all-kinds.ts'
import { allocationOf } from '../plan/allocation.ts'
import { isResolvedAccount } from '../plan/is-resolved-account.ts'
import { render } from '../plan/render.ts'
import type { DesiredTenant } from '../plan/resources.ts'
import type { HostSettings } from '../plan/settings.ts'
import type { Ports } from '../ports/ports.ts'
import { CliError, EXIT } from './exit-codes.ts'
import { accountNotFound } from './status-files.ts'

type PortsUsed = Pick<Ports, 'store' | 'sandboxes'>

/** What is in force of an account, after its record; undefined for one that is unknown or being removed. */
const tenantOf = async (
  { store }: PortsUsed,
  settings: HostSettings,
  account: string,
): Promise<DesiredTenant | undefined> => {
  const record = await store.readRecord(account)
  if (record === undefined || record.deletionTimestamp !== undefined || !isResolvedAccount(record.resolved))
    return undefined
  return render(record.resolved, allocationOf(settings, record.index), settings, allKinds)
}

/**
 * The accounts named, or all.
 * @throws CliError for one that there is not.
 */
export const attackersNamed = async (
  ports: PortsUsed,
  settings: HostSettings,
  names: readonly string[],
): Promise<readonly DesiredTenant[]> => {
  const wanted = names.length > 0 ? names : await ports.store.listRecords()
  if (wanted.length === 0) throw new CliError(EXIT.notFound, 'there is no account yet')
  const tenants: DesiredTenant[] = []
  for (const name of wanted) {
    const tenant = await tenantOf(ports, settings, name)
    if (tenant === undefined) throw accountNotFound(name)
    tenants.push(tenant)
  }
  return tenants
}

/** The account that comes next by name and stands: with all accounts attacking, each is attacked. */
export const neighbourOf = async (
  ports: PortsUsed,
  settings: HostSettings,
  attacker: string,
): Promise<DesiredTenant | undefined> => {
  const names = (await ports.store.listRecords()).filter((name) => name !== attacker)
  const inTurn = [...names.filter((name) => name > attacker), ...names.filter((name) => name < attacker)]
  for (const name of inTurn) {
    if ((await ports.sandboxes.observe(name)) === 'absent') continue
    const tenant = await tenantOf(ports, settings, name)
    if (tenant !== undefined) return tenant
  }
  return undefined
}
