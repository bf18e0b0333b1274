import { runProgram } from '../src/drivers/host/program.ts'
import { processorSeconds } from './processor-time.ts'
import type { Result } from './result.ts'
import { median } from './statistics.ts'

const ROUNDS = 12
const SECONDS = 2
const GOAL = 0.9

/** One of the two that are compared. */
export interface Contestant {
  /** Of its site. */
  readonly host: string
  /** Of all that serves it; what they have started is theirs. */
  readonly pids: readonly number[]
}

interface Turn {
  readonly perSecond: number
  /** Processor time of Caddy and nginx for one request, in microseconds. */
  readonly microseconds: number
}

/** Requests of one site through Caddy, and what Caddy and the web server behind it take for each. */
const load = async (port: number, { host, pids }: Contestant): Promise<Turn> => {
  const spent = (): number => pids.reduce((sum, pid) => sum + processorSeconds(pid), 0)
  const args = ['--threads', '1', '--connections', '16', '--duration', `${SECONDS}s`, '--header', `Host: ${host}`]
  const before = spent()
  const out = await runProgram('wrk', [...args, `http://127.0.0.1:${port}/`])
  const seconds = spent() - before
  if (out.includes('Non-2xx')) throw new Error(`${host} was not served well: ${out}`)
  const requests = Number(/([0-9]+) requests in/.exec(out)?.[1])
  return { perSecond: Number(/Requests\/sec: +([0-9.]+)/.exec(out)?.[1]), microseconds: (seconds / requests) * 1e6 }
}

interface Round {
  readonly fenced: Turn
  readonly bare: Turn
}

/** Of a machine that others use no two turns are alike, so each round is judged by itself, and who begins changes. */
const takeRound = async (port: number, fenced: Contestant, bare: Contestant, isEven: boolean): Promise<Round> => {
  if (isEven) return { fenced: await load(port, fenced), bare: await load(port, bare) }
  const first = await load(port, bare)
  return { fenced: await load(port, fenced), bare: first }
}

/** The round whose ratio is the median of all. */
const middle = (rounds: readonly Round[], field: keyof Turn): { value: number; peer: number } => {
  const ratio = ({ fenced, bare }: Round): number => fenced[field] / bare[field]
  const wanted = median(rounds.map(ratio))
  const found = rounds.find((round) => ratio(round) === wanted)
  if (found === undefined) throw new Error('no round was measured')
  return { value: found.fenced[field], peer: found.bare[field] }
}

/** (g): requests to either in turn, through the Caddy that listens at `port`. */
export const compareTurns = async (
  port: number,
  fenced: Contestant,
  bare: Contestant,
  signal: AbortSignal,
): Promise<readonly Result[]> => {
  // Warms up.
  await takeRound(port, fenced, bare, true)
  const rounds: Round[] = []
  for (let round = 0; round < ROUNDS; round++) {
    signal.throwIfAborted()
    rounds.push(await takeRound(port, fenced, bare, round % 2 === 0))
  }
  const line = { id: 'g', peerName: 'no fence' } as const
  return [
    {
      ...line,
      ...middle(rounds, 'perSecond'),
      kind: 'atLeast',
      title: 'requests through Caddy to a tenant',
      unit: '/s',
      goal: GOAL,
    },
    {
      ...line,
      ...middle(rounds, 'microseconds'),
      kind: 'info',
      title: 'Caddy and nginx, for each request',
      unit: 'µs',
    },
  ]
}
