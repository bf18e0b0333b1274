import { containerDigest, sha256 } from './digest.ts'
import { PlanBuilder, type Planning } from './plan-builder.ts'
import type { DesiredTenant, ObservedTenant } from './resources.ts'
import { planLowerLimits, planRunning, planStarts, startingContainers } from './rules/containers.ts'
import { planSchemas, planStaleSchemas } from './rules/databases.ts'
import { planOrphanedDirectories, planOrphanedSecrets } from './rules/disposal.ts'
import {
  planCgroup,
  planContext,
  planEngine,
  planNic,
  planOutbound,
  planSandbox,
  planUser,
} from './rules/foundation.ts'
import { planImages, planStaleImages } from './rules/images.ts'
import { planIo } from './rules/io.ts'
import { planStaleContainers } from './rules/leaving.ts'
import { planNetworks, planStaleNetworks } from './rules/networks.ts'
import { planRoutes, planStaleRoutes } from './rules/routes.ts'
import { planRuntime } from './rules/runtime.ts'
import { planShaper } from './rules/shaper.ts'
import { planStorage } from './rules/storage.ts'
import {
  findStaleFiles,
  planDirectories,
  planFilesBeforeStart,
  planOrphanedFiles,
  planSecrets,
  planSites,
} from './rules/tree.ts'
import { planStaleZones, planZones } from './rules/zones.ts'
import type { Plan, ResourceId } from './steps.ts'

/** False when what stands on it can't be planned: the host lacks what the account asks for, the account has no user, or its engine can't tell what it has. */
const planFoundation = (planning: Planning): boolean => {
  const { desired, inventory, builder } = planning
  if (!planRuntime(planning) || !planUser(planning)) return false
  planStaleRoutes(planning)
  planStorage(planning)
  planStaleZones(planning)
  planZones(planning)
  planDirectories(planning)
  planCgroup(planning)
  planIo(planning)
  planSandbox(planning)
  planOutbound(planning)
  planNic(planning)
  planShaper(planning)
  planEngine(planning)
  planContext(planning)
  planSecrets(planning)
  planSites(planning)
  const mayHaveContainers = [...inventory].some((id) => id.startsWith('container/'))
  return !(builder.changes(`engine/${desired.account}`) && mayHaveContainers)
}

/**
 * The steps that lead from what was observed to what is desired, in an order in which they could run one by one.
 * Pure: the same input gives the same plan. `inventory` names what was made before and may have to be removed; nothing
 * that is in neither of the three is ever touched.
 *
 * A stopped engine can't tell what it has. Where it may have containers, the plan ends with its start, and the next
 * look decides the rest.
 */
export const makePlan = (
  desired: DesiredTenant,
  observed: ObservedTenant,
  inventory: ReadonlySet<ResourceId>,
): Plan => {
  const builder = new PlanBuilder()
  const files = new Map(desired.files.map((file) => [file.path, file]))
  const contents = new Map(desired.files.map(({ path, content }) => [path, sha256(content)]))
  const digests = new Map(desired.containers.map((container) => [container, containerDigest(container)]))
  const staleFiles = findStaleFiles({ desired, inventory })
  const planning: Planning = { desired, observed, inventory, files, contents, staleFiles, digests, builder }

  if (!planFoundation(planning)) return builder.build()
  planNetworks(planning)
  planImages(planning)
  planFilesBeforeStart(planning, startingContainers(planning))
  planStarts(planning)
  planRunning(planning)
  planSchemas(planning)
  planStaleSchemas(planning)
  planRoutes(planning)
  planLowerLimits(planning)
  planStaleContainers(planning)
  planOrphanedFiles(planning)
  planOrphanedSecrets(planning)
  planOrphanedDirectories(planning)
  planStaleNetworks(planning)
  planStaleImages(planning)
  return builder.build()
}
