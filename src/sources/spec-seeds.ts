import { realpathSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Finding } from '../api/problem.ts'
import { ofKind, type SpecObject } from '../api/spec-object.ts'
import type { SpecFile } from './spec-files.ts'
import { errorCode, isWithin } from './spec-tree.ts'

const seedsOf = (account: SpecObject<'Account'>): string[] =>
  account.value.spec.sites.flatMap(({ seed }) =>
    seed === undefined ? [] : [join(dirname(account.position.file), seed)],
  )

const ancestors = (path: string): string[] => {
  const parent = dirname(path)
  return parent === path ? [] : [parent, ...ancestors(parent)]
}

/**
 * Leaves out files inside seeds: YAML there belongs to the customer's site. A seed lies deeper than the file that names
 * it, so going by depth decides each file before it is asked.
 */
export const withoutSeeds = (files: readonly SpecFile[]): SpecFile[] => {
  const depth = ({ path }: SpecFile): number => path.split('/').length
  const seeds = new Set<string>()
  return [...files]
    .sort((left, right) => depth(left) - depth(right))
    .filter((file) => {
      if (seeds.size > 0 && ancestors(file.path).some((directory) => seeds.has(directory))) return false
      for (const account of ofKind(file.parsed.objects, 'Account')) for (const seed of seedsOf(account)) seeds.add(seed)
      return true
    })
}

/** Synchronous, as it is asked for every site at each load, and answered at once. */
const seedComplaint = (path: string, root: string): Pick<Finding, 'reason' | 'message'> | undefined => {
  try {
    const target = realpathSync.native(path)
    if (!isWithin(root, target)) {
      return { reason: 'LeavesDirectory', message: 'leads out of the directory of the specs by a symbolic link' }
    }
    if (statSync(target).isDirectory()) return undefined
    return { reason: 'SeedNotFound', message: `${path} is no directory` }
  } catch (error) {
    return { reason: 'SeedNotFound', message: `there is no directory ${path}: ${errorCode(error)}` }
  }
}

/** What is wrong with an account's seeds on this disk. `root` is the real path of the specs. */
export const seedFindings = (account: SpecObject<'Account'>, root: string): Finding[] => {
  const findings: Finding[] = []
  for (const [index, { seed }] of account.value.spec.sites.entries()) {
    if (seed === undefined) continue
    const complaint = seedComplaint(join(dirname(account.position.file), seed), root)
    if (complaint !== undefined) findings.push({ path: ['spec', 'sites', index, 'seed'], ...complaint })
  }
  return findings
}
