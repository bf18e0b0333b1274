import { directoryId, schemaId, secretId } from './plan-builder.ts'
import type { ResolvedAccount } from './resolved-account.ts'
import type { DesiredTenant } from './resources.ts'
import type { ResourceId } from './steps.ts'

/** What the customer of an account would miss; see `tenantLayout` for the directories. */
const DATA = /^(schema|secret|directory\/(data|secrets))\//

const disposables = (desired: DesiredTenant): ResourceId[] => [
  ...desired.directories.filter(({ disposable }) => disposable).map(({ path }) => directoryId({ desired }, path)),
  ...desired.secrets.map(({ path }) => secretId({ desired }, path)),
  ...desired.schemas.map(schemaId),
]

/**
 * The inventory that a spec begins with. What it wants may stand from now on, made now or found; what is in the inventory and
 * not wanted goes. To retain data is to forget it here: nothing then removes it, whatever the policy becomes later.
 */
export const inventoryUnder = (
  removedData: ResolvedAccount['removedData'],
  inventory: readonly ResourceId[],
  desired: DesiredTenant,
): ResourceId[] => {
  const wanted = new Set(disposables(desired))
  const kept = inventory.filter((id) => removedData === 'delete' || wanted.has(id) || !DATA.test(id))
  return [...new Set([...kept, ...wanted])].sort()
}
