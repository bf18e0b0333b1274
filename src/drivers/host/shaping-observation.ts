import { UNLIMITED } from '../../plan/resources.ts'
import type { Clock } from '../../ports/store.ts'
import type { RunProgram } from './program.ts'
import { rateOf, type Shape } from './shaping-rules.ts'

const STALE_MS = 1000

/** One command per line for `tc -batch`: the queues of all interfaces, and all redirects that some filter uses. */
const LISTING = 'qdisc show\nactions list action mirred\n'

/** What the kernel has of one interface. */
export interface SeenShaping {
  /** Whether its queue is a token bucket at all, ours or not. */
  readonly hasBucket: boolean
  /** Bits per second at which it sends; {@link UNLIMITED} also for a queue that is not as we set it. */
  readonly rate: number
  /** Whether something may be done to what arrives. */
  readonly hasIngress: boolean
  /** Whether what arrives somewhere is handed to it. */
  readonly isFed: boolean
}

const NOTHING: SeenShaping = { hasBucket: false, rate: UNLIMITED, hasIngress: false, isFed: false }

export type ShapingTable = ReadonlyMap<string, SeenShaping>

const fieldOf = (object: unknown, name: string): unknown => {
  const value: unknown = typeof object === 'object' && object !== null ? Reflect.get(object, name) : undefined
  return value
}

const isShape = (options: unknown): options is Shape =>
  ['rate', 'burst', 'lat'].every((name) => typeof fieldOf(options, name) === 'number')

const ofQueue = (queue: unknown): Partial<SeenShaping> => {
  const kind = fieldOf(queue, 'kind')
  if (kind === 'ingress') return { hasIngress: true }
  if (kind !== 'tbf' || fieldOf(queue, 'root') !== true) return {}
  const options = fieldOf(queue, 'options')
  return { hasBucket: true, rate: (isShape(options) ? rateOf(options) : undefined) ?? UNLIMITED }
}

const isBound = (action: unknown): boolean => {
  const bound = fieldOf(action, 'bind')
  return fieldOf(action, 'mirred_action') === 'redirect' && typeof bound === 'number' && bound > 0
}

/** What `tc -json` printed for {@link LISTING}: a list of queues or of groups of actions on each line. */
export const parseShaping = (text: string): ShapingTable => {
  const table = new Map<string, SeenShaping>()
  const note = (name: unknown, seen: Partial<SeenShaping>): void => {
    if (typeof name === 'string') table.set(name, { ...(table.get(name) ?? NOTHING), ...seen })
  }
  for (const line of text.split('\n').filter((one) => one.trim() !== '')) {
    const entries: unknown = JSON.parse(line)
    if (!Array.isArray(entries)) throw new Error(`tc printed no list: ${line.slice(0, 100)}`)
    for (const entry of entries) {
      const actions = fieldOf(entry, 'actions')
      if (!Array.isArray(actions)) note(fieldOf(entry, 'dev'), ofQueue(entry))
      else for (const action of actions.filter(isBound)) note(fieldOf(action, 'to_dev'), { isFed: true })
    }
  }
  return table
}

/**
 * The shaping of all interfaces of the host, asked for at most once in a second and only while somebody asks: one program
 * for all, whoever many look at once.
 */
export const createShapingTable = (runProgram: RunProgram, clock: Clock) => {
  let taken = Number.NEGATIVE_INFINITY
  let table: Promise<ShapingTable> = Promise.resolve(new Map())
  const forget = (): void => {
    taken = Number.NEGATIVE_INFINITY
  }
  const list = async (): Promise<ShapingTable> => {
    try {
      return parseShaping(await runProgram('tc', ['-json', '-batch', '-'], { input: LISTING }))
    } catch (error) {
      forget()
      throw error
    }
  }
  return {
    forget,
    async read(name: string): Promise<SeenShaping> {
      const now = clock.now()
      if (now - taken >= STALE_MS || now < taken) {
        taken = now
        table = list()
      }
      return (await table).get(name) ?? NOTHING
    },
  }
}
