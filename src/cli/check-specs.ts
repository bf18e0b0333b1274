import { realpath, stat } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import type { SpecProblem } from '../api/problem.ts'
import { allKinds } from '../kinds/all-kinds.ts'
import { loadSpecs } from '../sources/load-specs.ts'
import { loadSpecContext, type SpecContext } from '../sources/spec-context.ts'
import { isSpecName } from '../sources/spec-names.ts'
import type { SpecSet } from '../sources/spec-set.ts'
import { isWithin } from '../sources/spec-tree.ts'
import { CliError, EXIT } from './exit-codes.ts'
import { recipeImageNames, recipesHere } from './image-cache.ts'

/** What is right and what is wrong with the specs that were looked at. */
export interface CheckedSpecs {
  /** Names of the accounts that the daemon would take. */
  readonly accounts: readonly string[]
  /** By path as asked for, then by place. */
  readonly problems: readonly SpecProblem[]
}

const contextHere = async (): Promise<SpecContext> => loadSpecContext(allKinds, recipeImageNames(await recipesHere()))

const load = async (directory: string, context: SpecContext): Promise<SpecSet> => {
  const set = await loadSpecs(directory, context)
  if (set.health === 'unreadable') throw new CliError(EXIT.failed, set.message)
  return set
}

const ignoredFile = (file: string): CheckedSpecs => {
  const message = 'the daemon does not read files of such names: let it end in .yaml or .yml, and not begin with a dot'
  return { accounts: [], problems: [{ file, line: 1, column: 1, path: '', reason: 'IgnoredName', message }] }
}

/**
 * A file is judged among the specs it stands in, or would stand in: its plan may be in another one. These are the
 * daemon's, when the file is below them, else those beside it.
 */
const checkFile = async (path: string, specs: string, context: SpecContext): Promise<CheckedSpecs> => {
  const file = resolve(path)
  if (!isSpecName(basename(file))) return ignoredFile(file)
  const root = resolve(specs)
  const set = await load(isWithin(root, file) ? root : dirname(file), context)
  const accounts = [...set.accounts.values()].filter(({ position }) => position.file === file)
  return { accounts: accounts.map(({ name }) => name), problems: set.problems.filter((found) => found.file === file) }
}

const checkPath = async (path: string, specs: string, context: SpecContext): Promise<CheckedSpecs> => {
  const target = await realpath(path).catch((error: unknown) => {
    throw new CliError(EXIT.failed, `${path}: there is no such file or directory`, { cause: error })
  })
  if (!(await stat(target)).isDirectory()) return checkFile(path, specs, context)
  const { accounts, problems } = await load(path, context)
  return { accounts: [...accounts.keys()], problems }
}

/**
 * Checks files and directories as the daemon would.
 * @throws CliError when a path can't be read.
 */
export const checkSpecs = async (paths: readonly string[], specs: string): Promise<CheckedSpecs> => {
  const context = await contextHere()
  const checked: CheckedSpecs[] = []
  for (const path of paths) checked.push(await checkPath(path, specs, context))
  return {
    accounts: checked.flatMap(({ accounts }) => accounts),
    problems: checked.flatMap(({ problems }) => problems),
  }
}
