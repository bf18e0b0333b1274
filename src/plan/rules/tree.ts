import { sha256 } from '../digest.ts'
import type { Planning } from '../plan-builder.ts'
import type { DesiredContainer, DesiredFile } from '../resources.ts'

/** Directories share one target, so that whatever needs the tree needs them all. */
export const planDirectories = ({ desired, observed, builder }: Planning): void => {
  for (const directory of desired.directories) {
    if (observed.directories.has(directory.path)) continue
    builder.add({
      action: 'ensureDirectory',
      args: { directory },
      target: `tree/${desired.account}`,
      cause: `the directory ${directory.path} is missing, or its owner or mode differs`,
      needs: [`user/${desired.account}`],
    })
  }
}

export const planSecrets = ({ desired, observed, builder }: Planning): void => {
  for (const secret of desired.secrets) {
    if (observed.secrets.has(secret.path)) continue
    builder.add({
      action: 'createSecret',
      args: { secret },
      target: `secret/${secret.path}`,
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

const writeFile = (
  { desired, observed, builder }: Planning,
  file: DesiredFile,
  needs: readonly `container/${string}`[],
) => {
  const seen = observed.files.get(file.path)
  if (seen === sha256(file.content)) return
  builder.add({
    action: 'writeFile',
    args: { file },
    target: `file/${file.path}`,
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

export const planFilesOfRunning = (planning: Planning, container: DesiredContainer): void => {
  const needs = planning.desired.containers.map(({ name }) => `container/${name}` as const)
  for (const path of container.configFiles) {
    const file = planning.files.get(path)
    if (file !== undefined) writeFile(planning, file, needs)
  }
}

/** Removes files of ours that nothing wants any more. Directories, secrets and sites stay: they hold data. */
export const planStaleFiles = ({ desired, files, inventory, builder }: Planning): void => {
  const containers = desired.containers.map(({ name }) => `container/${name}` as const)
  for (const id of inventory) {
    if (!id.startsWith('file/')) continue
    const path = id.slice('file/'.length)
    if (files.has(path)) continue
    builder.add({
      action: 'removeFile',
      args: { path },
      target: id,
      cause: `nothing wants the file ${path} any more`,
      needs: containers,
    })
  }
}
