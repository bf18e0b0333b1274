import { configDigest } from '../digest.ts'
import { fileId, type Planning } from '../plan-builder.ts'
import type { DesiredContainer, DesiredFile } from '../resources.ts'
import type { ResourceId } from '../steps.ts'
import { writeFile } from './tree.ts'

/** The main file comes last, since it speaks for all of them. */
const filesOf = ({ files }: Planning, { configFiles }: DesiredContainer): DesiredFile[] => {
  const [main = [], ...parts] = configFiles.map((path) => files.get(path) ?? [])
  return [...parts, main].flat()
}

const recordConfig = (
  { builder }: Planning,
  { name }: DesiredContainer,
  digest: string,
  needs: readonly ResourceId[],
): void =>
  builder.add({
    action: 'recordConfig',
    args: { name, digest },
    target: `config/${name}`,
    cause: `${name} has read its configuration`,
    needs,
  })

/** For a service that this plan starts, after all of its files. */
export const planConfigRead = (planning: Planning, container: DesiredContainer): void => {
  if (container.configFiles.length === 0) return
  const digest = configDigest(container, planning.contents)
  recordConfig(planning, container, digest, [`container/${container.name}`])
}

/** What stands while some files have not been written yet. */
const meanwhile = ({ contents, observed }: Planning, late: readonly DesiredFile[]): ReadonlyMap<string, string> => {
  if (late.length === 0) return contents
  const standing = new Map(contents)
  for (const { path } of late) {
    const former = observed.files.get(path)
    if (former === undefined) standing.delete(path)
    else standing.set(path, former)
  }
  return standing
}

interface Writes {
  readonly atOnce: readonly DesiredFile[]
  /** Until what they speak of is healthy. */
  readonly late: readonly DesiredFile[]
}

const neighbour = ({ waitsFor }: DesiredFile): ResourceId[] =>
  waitsFor === undefined ? [] : [`container/${waitsFor}`, `config/${waitsFor}`]

/**
 * The main file of a configuration, whose digest the service answers for, is not written before the others. Only one that
 * is missing is: without it the service could not even be started again.
 */
const writesOf = (planning: Planning, container: DesiredContainer): Writes => {
  const { observed, contents, builder } = planning
  const differing = filesOf(planning, container).filter(({ path }) => observed.files.get(path) !== contents.get(path))
  const isWaiting = (file: DesiredFile): boolean => neighbour(file).some((id) => builder.changes(id))
  const isHeldBack = ({ path }: DesiredFile): boolean =>
    path === container.configFiles[0] && observed.files.has(path) && differing.some(isWaiting)
  const isLate = (file: DesiredFile): boolean => isWaiting(file) || isHeldBack(file)
  return { atOnce: differing.filter((file) => !isLate(file)), late: differing.filter(isLate) }
}

const planWrites = (planning: Planning, container: DesiredContainer, files: readonly DesiredFile[]): ResourceId[] => {
  const all = container.configFiles.map((path) => fileId(planning, path))
  for (const file of files) {
    const isMain = file.path === container.configFiles[0]
    writeFile(planning, file, [...neighbour(file), ...(isMain ? all : [])])
  }
  return files.map(({ path }) => fileId(planning, path))
}

interface ReloadOrder {
  readonly cause: string
  /** Files that are removed before. */
  readonly removed: readonly ResourceId[]
  /** Files of which one at least has to have changed before; none: it is needed whatever becomes of them. */
  readonly anyOf: readonly ResourceId[]
}

/**
 * A file that could not be written keeps its former content, which serves on: the reload does not wait for its success,
 * but what is in force is then not what was wanted, and is not recorded.
 */
const planReload = (
  planning: Planning,
  container: DesiredContainer,
  digest: string,
  { cause, removed, anyOf }: ReloadOrder,
): void => {
  const { builder } = planning
  const { name, reload, configFiles } = container
  if (reload === 'never') return
  const files = [...configFiles.map((path) => fileId(planning, path)), ...removed]
  const target = `config/${name}` as const
  builder.add({
    action: 'reloadService',
    args: { name, by: reload.by },
    target,
    cause,
    needs: [`container/${name}`],
    follows: files,
    needsAny: anyOf,
  })
  const isWhole = digest === configDigest(container, planning.contents)
  if (isWhole && reload.check !== undefined)
    builder.add({
      action: 'awaitReloaded',
      args: { name, check: reload.check },
      target,
      cause: `${name} was asked to read its configuration`,
      needs: files,
    })
  recordConfig(planning, container, digest, files)
}

/**
 * Brings a service that runs to its configuration: at once to what of it can be written now, and again when what the rest
 * speaks of is there. What it has loaded is remembered at both times, so that waiting costs no reload.
 */
export const planConfiguration = (
  planning: Planning,
  container: DesiredContainer,
  removed: readonly ResourceId[],
): void => {
  const { observed } = planning
  const { atOnce, late } = writesOf(planning, container)
  planWrites(planning, container, atOnce)
  const digest = configDigest(container, meanwhile(planning, late))
  const cause = `${container.name} runs with another configuration than its files have`
  if (observed.loadedConfig.get(container.name) !== digest)
    planReload(planning, container, digest, { cause, removed, anyOf: [] })
  if (late.length === 0) return
  const written = planWrites(planning, container, late)
  planReload(planning, container, configDigest(container, planning.contents), { cause, removed: [], anyOf: written })
}

/** Has a service forget what was `removed`. */
export const planForgetting = (
  planning: Planning,
  container: DesiredContainer,
  removed: readonly ResourceId[],
): void => {
  const cause = `${container.name} has a configuration that nothing wants any more`
  const digest = configDigest(container, planning.contents)
  planReload(planning, container, digest, { cause, removed, anyOf: removed })
}
