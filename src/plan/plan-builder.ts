import type { DesiredContainer, DesiredFile, DesiredSchema, DesiredTenant, ObservedTenant } from './resources.ts'
import type { Action, AnyStep, Blocked, Plan, ResourceId, Step } from './steps.ts'

type NewStep = { [A in Action]: Omit<Step<A>, 'id' | 'after' | 'behind' | 'afterAny'> & Needs }[Action]

interface Needs {
  /** Every step added so far for one of these resources must have succeeded before. */
  readonly needs?: readonly ResourceId[]
  /** Every step added so far for one of these must have ended before, well or not. */
  readonly follows?: readonly ResourceId[]
  /** The same, and one of them at least must have succeeded. */
  readonly needsAny?: readonly ResourceId[]
}

/** Collects steps in the order in which the rules add them. */
export class PlanBuilder {
  readonly #steps: AnyStep[] = []
  readonly #blocked: Blocked[] = []
  /** The last step of each resource; each comes after the one before it. */
  readonly #last = new Map<ResourceId, number>()

  /** True when a step for the resource has been added. */
  changes(target: ResourceId): boolean {
    return this.#last.has(target)
  }

  add({ needs = [], follows = [], needsAny = [], ...step }: NewStep): void {
    const after = this.#lastSteps([...needs, step.target])
    const afterAny = this.#lastSteps(needsAny)
    const behind = this.#lastSteps(follows).filter((id) => ![...after, ...afterAny].includes(id))
    const id = this.#steps.length + 1
    this.#steps.push({ ...step, id, after, behind, afterAny })
    this.#last.set(step.target, id)
  }

  #lastSteps(targets: readonly ResourceId[]): number[] {
    return [...new Set(targets.flatMap((id) => this.#last.get(id) ?? []))].sort((a, b) => a - b)
  }

  block(blocked: Blocked): void {
    this.#blocked.push(blocked)
  }

  build(): Plan {
    return { steps: this.#steps, blocked: this.#blocked }
  }
}

/** What every rule of a tenant's plan works on. */
export interface Planning {
  readonly desired: DesiredTenant
  readonly observed: ObservedTenant
  /** What was made, or may have been made, for the account. */
  readonly inventory: ReadonlySet<ResourceId>
  readonly files: ReadonlyMap<string, DesiredFile>
  /** Digests of the contents of {@link files}, by path. */
  readonly contents: ReadonlyMap<string, string>
  /** Files of ours that nothing wants any more. */
  readonly staleFiles: readonly { readonly id: ResourceId; readonly path: string }[]
  /** Of each desired container: what it is compared by. */
  readonly digests: ReadonlyMap<DesiredContainer, string>
  readonly builder: PlanBuilder
}

type Wanted = Pick<Planning, 'desired'>

const below = ({ desired }: Wanted, path: string): string => {
  if (!path.startsWith(`${desired.tree}/`)) throw new Error(`${path} is outside ${desired.tree}`)
  return path.slice(desired.tree.length + 1)
}

/** Paths in ids are relative to the tenant's tree. */
export const fileId = (wanted: Wanted, path: string): `file/${string}` => `file/${below(wanted, path)}`

export const secretId = (wanted: Wanted, path: string): `secret/${string}` => `secret/${below(wanted, path)}`

export const directoryId = (wanted: Wanted, path: string): `directory/${string}` => `directory/${below(wanted, path)}`

export const schemaId = ({ service, name }: Pick<DesiredSchema, 'service' | 'name'>): `schema/${string}` =>
  `schema/${service}/${name}`
