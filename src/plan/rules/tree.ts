import { fileId, type Planning, secretId } from '../plan-builder.ts'
import type { DesiredContainer, DesiredFile } from '../resources.ts'
import type { ResourceId } from '../steps.ts'
import { leavingContainers } from './leaving.ts'

export const planDirectories = ({ desired, observed, builder }: Planning): void => {
  const directories = desired.directories.filter(({ path }) => !observed.directories.has(path))
  const [first] = directories
  if (first === undefined) return
  const others = directories.length > 1 ? ` (and ${directories.length - 1} more directories)` : ''
  builder.add({
    action: 'ensureDirectories',
    args: { directories },
    target: `tree/${desired.account}`,
    cause: `${first.path}${others} is missing, or has another owner or mode`,
    needs: [`user/${desired.account}`, `quota/${desired.account}`],
  })
}

export const planSecrets = (planning: Planning): void => {
  const { desired, observed, builder } = planning
  for (const secret of desired.secrets) {
    if (observed.secrets.has(secret.path)) continue
    builder.add({
      action: 'createSecret',
      args: { secret },
      target: secretId(planning, secret.path),
      cause: 'the secret is missing',
      needs: [`tree/${desired.account}`],
    })
  }
}

export const planSites = ({ desired, observed, builder }: Planning): void => {
  for (const site of desired.sites) {
    if (observed.sites.has(site.domain)) continue
    builder.add({
      action: 'createSite',
      args: { site },
      target: `site/${site.domain}`,
      cause: `the directory of ${site.domain} is missing`,
      needs: [`tree/${desired.account}`],
    })
  }
}

export const writeFile = (planning: Planning, file: DesiredFile, needs: readonly ResourceId[]): void => {
  const { desired, observed, contents, builder } = planning
  const seen = observed.files.get(file.path)
  if (seen === contents.get(file.path)) return
  builder.add({
    action: 'writeFile',
    args: { file },
    target: fileId(planning, file.path),
    cause: seen === undefined ? `the file ${file.path} is missing` : `the content of ${file.path} differs`,
    needs: [`tree/${desired.account}`, ...needs],
  })
}

/**
 * Files that a service reads when it starts come first. A service that runs already must not hear of a new neighbour
 * before that neighbour answers, so its files wait for the containers that this plan makes.
 */
export const planFilesBeforeStart = (planning: Planning, starting: ReadonlySet<DesiredContainer>): void => {
  const later = new Set(
    planning.desired.containers.filter((container) => !starting.has(container)).flatMap((c) => c.configFiles),
  )
  for (const file of planning.desired.files) if (!later.has(file.path)) writeFile(planning, file, [])
}

const isBelow = (directory: string, path: string): boolean => path.startsWith(`${directory}/`)

/** Files of ours that nothing wants any more. */
export const findStaleFiles = (wanting: Pick<Planning, 'desired' | 'inventory'>): Planning['staleFiles'] => {
  const { desired, inventory } = wanting
  const wanted = new Set<ResourceId>(desired.files.map(({ path }) => fileId(wanting, path)))
  return [...inventory]
    .filter((id) => id.startsWith('file/') && !wanted.has(id))
    .map((id) => ({ id, path: `${desired.tree}/${id.slice('file/'.length)}` }))
}

const removeFile = ({ builder }: Planning, id: ResourceId, path: string, needs: readonly ResourceId[]): void =>
  builder.add({
    action: 'removeFile',
    args: { path },
    target: id,
    cause: `nothing wants the file ${id.slice('file/'.length)} any more`,
    needs,
  })

/** Removes those that `container` sees. */
export const planStaleFilesOf = (
  planning: Planning,
  container: DesiredContainer,
  needs: readonly ResourceId[],
): ResourceId[] => {
  const mine = planning.staleFiles.filter(({ path }) => container.mounts.some(({ source }) => isBelow(source, path)))
  for (const { id, path } of mine) removeFile(planning, id, path, needs)
  return mine.map(({ id }) => id)
}

/** Removes those that no container of the account sees, when those that saw them are gone. */
export const planOrphanedFiles = (planning: Planning): void => {
  for (const { id, path } of planning.staleFiles)
    if (!planning.builder.changes(id)) removeFile(planning, id, path, leavingContainers(planning))
}
