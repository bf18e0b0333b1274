import { DEFAULT_LIMITS } from './default-limits.ts'
import type { PlanDefaultsLimits as LimitsSpec, Plan } from './generated/plan.ts'
import type { FieldPath, Finding } from './problem.ts'
import { parseBits, parseBytes, parseCpuMillis } from './quantity.ts'

type Quantity = string | number

/** A limit: where it stands below `limits`, how it is read, and what its amount is in numbers. */
interface LimitField {
  readonly path: FieldPath
  readonly of: (limits: LimitsSpec) => Quantity | undefined
  readonly parse: (value: Quantity) => number
}

const FIELDS: readonly LimitField[] = [
  { path: ['cpu'], of: ({ cpu }) => cpu, parse: parseCpuMillis },
  { path: ['memory'], of: ({ memory }) => memory, parse: parseBytes },
  { path: ['pids'], of: ({ pids }) => pids, parse: Number },
  { path: ['storage'], of: ({ storage }) => storage, parse: parseBytes },
  { path: ['inodes'], of: ({ inodes }) => inodes, parse: Number },
  { path: ['bandwidth', 'in'], of: ({ bandwidth }) => bandwidth?.in, parse: parseBits },
  { path: ['bandwidth', 'out'], of: ({ bandwidth }) => bandwidth?.out, parse: parseBits },
  { path: ['io', 'read'], of: ({ io }) => io?.read, parse: parseBytes },
  { path: ['io', 'write'], of: ({ io }) => io?.write, parse: parseBytes },
  { path: ['io', 'readOperations'], of: ({ io }) => io?.readOperations, parse: Number },
  { path: ['io', 'writeOperations'], of: ({ io }) => io?.writeOperations, parse: Number },
]

const aboveCeiling = (path: FieldPath, wanted: Quantity, ceiling: Quantity): Finding => ({
  path,
  reason: 'AboveCeiling',
  message: `${wanted} is above the plan's ceiling of ${ceiling}`,
})

/** Each limit of an account's own that is above its plan's ceiling; paths begin at `limits`. */
export const exceeded = (limits: LimitsSpec, ceilings: LimitsSpec): Finding[] =>
  FIELDS.flatMap(({ path, of, parse }) => {
    const [wanted, ceiling] = [of(limits), of(ceilings)]
    if (wanted === undefined || ceiling === undefined || parse(wanted) <= parse(ceiling)) return []
    return [aboveCeiling(['limits', ...path], wanted, ceiling)]
  })

/** What an account of the plan gets when it says nothing must fit below the plan's own ceilings. */
export const planFindings = ({ spec: { defaults, ceilings } }: Plan): Finding[] =>
  FIELDS.flatMap(({ path, of, parse }) => {
    const ceiling = of(ceilings.limits)
    if (ceiling === undefined) return []
    const at = ['spec', 'ceilings', 'limits', ...path]
    const needed = `defaults.limits.${path.join('.')}`
    const own = of(defaults.limits)
    if (own !== undefined) {
      return parse(own) <= parse(ceiling) ? [] : [aboveCeiling(['spec', 'defaults', 'limits', ...path], own, ceiling)]
    }
    const usual = of(DEFAULT_LIMITS)
    // Unlimited is above every ceiling.
    if (usual === undefined)
      return [{ path: at, reason: 'AboveCeiling', message: `needs a default: give ${needed} too` }]
    if (parse(usual) <= parse(ceiling)) return []
    return [{ path: at, reason: 'AboveCeiling', message: `is below the usual ${usual}: give ${needed} too` }]
  })
