/** A process of its own, so that its memory is that of an operator alone. Prints numbers as JSON. */
import { join } from 'node:path'
import { accountKey } from '../src/control/controller.ts'
import { systemClock } from '../src/drivers/clock.ts'
import { openSimulatedOperator, type SimulatedOperator } from './simulated-operator.ts'
import { writeSpecs } from './simulated-specs.ts'

const ROUNDS = 5
const REST_MS = 3_000

const round = async ({ specs, controller, passes }: SimulatedOperator): Promise<void> => {
  const ended = passes(specs.names().size)
  for (const account of specs.names()) controller.hint(accountKey(account))
  await ended
}

/** @returns milliseconds of processor time, of all threads, per pass. */
const measureCpu = async (operator: SimulatedOperator): Promise<number> => {
  const before = process.cpuUsage()
  for (let count = 0; count < ROUNDS; count++) await round(operator)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000 / (ROUNDS * operator.specs.names().size)
}

/** V8 hands back what a collection frees a moment later. */
const residentMegabytes = async (signal: AbortSignal): Promise<number> => {
  globalThis.gc?.()
  await systemClock.sleep(REST_MS, signal)
  globalThis.gc?.()
  return process.memoryUsage.rss() / 1e6
}

/** Of JavaScript's objects, those that are still needed. */
const usedMegabytes = (): number => {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed / 1e6
}

const main = async (directory: string, accounts: number): Promise<void> => {
  const specsDirectory = join(directory, 'specs')
  await writeSpecs(specsDirectory, accounts)
  const stop = new AbortController()
  let changes = 0
  const onChange = (): void => {
    changes += 1
  }
  const operator = await openSimulatedOperator({ specsDirectory, directory, onChange, signal: stop.signal })
  const running = operator.run()
  await round(operator)
  const made = changes
  await round(operator)
  const cpuMs = await measureCpu(operator)
  const residentMb = await residentMegabytes(stop.signal)
  const usedMb = usedMegabytes()
  operator.emptyHost()
  const hostMb = usedMb - usedMegabytes()
  stop.abort()
  await running
  if (made === 0 || changes !== made) throw new Error(`idle passes made ${changes - made} changes, the first ${made}`)
  const highestMb = process.resourceUsage().maxRSS / 1_000
  process.stdout.write(`${JSON.stringify({ cpuMs, residentMb, highestMb, usedMb, hostMb })}\n`)
}

const [directory, accounts] = process.argv.slice(2)
if (directory === undefined || accounts === undefined) throw new Error('needs a directory and a number of accounts')
await main(directory, Number(accounts))
