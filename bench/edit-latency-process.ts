/** A process of its own, as the operator is one. Prints milliseconds as JSON. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { accountKey } from '../src/control/controller.ts'
import { systemClock } from '../src/drivers/clock.ts'
import { openSimulatedOperator } from './simulated-operator.ts'
import { specFile, specText, writeSpecs } from './simulated-specs.ts'

const EDITS = 60
const CHANGE_WITHIN_MS = 10_000
/** Between edits, so that each meets another phase of whatever happens regularly. */
const PAUSE_MS = { least: 150, most: 450 }

const main = async (directory: string, accounts: number): Promise<void> => {
  const specsDirectory = join(directory, 'specs')
  await writeSpecs(specsDirectory, accounts)
  const stop = new AbortController()
  const { signal } = stop
  let onChange: () => void = () => {}
  const operator = await openSimulatedOperator({ specsDirectory, directory, onChange: () => onChange(), signal })
  const running = operator.run()
  const converged = operator.passes(accounts)
  for (const account of operator.specs.names()) operator.controller.hint(accountKey(account))
  await converged

  /** @returns milliseconds from the closing of the file to the first changing call. */
  const edit = async (count: number): Promise<number> => {
    const index = (count * 7) % accounts
    const passed = operator.passes(1)
    const changed = new Promise<number>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error('an edit was not acted on')), CHANGE_WITHIN_MS)
      onChange = () => {
        clearTimeout(late)
        resolve(performance.now())
      }
    })
    writeFileSync(specFile(specsDirectory, index), specText(index, `${1_000 + count}m`))
    const closed = performance.now()
    const latency = (await changed) - closed
    await passed
    return latency
  }

  const latencies: number[] = []
  for (let count = 1; count <= EDITS; count++) {
    await systemClock.sleep(PAUSE_MS.least + systemClock.random() * (PAUSE_MS.most - PAUSE_MS.least), signal)
    latencies.push(await edit(count))
  }
  stop.abort()
  await running
  process.stdout.write(`${JSON.stringify(latencies)}\n`)
}

const [directory, accounts] = process.argv.slice(2)
if (directory === undefined || accounts === undefined) throw new Error('needs a directory and a number of accounts')
await main(directory, Number(accounts))
