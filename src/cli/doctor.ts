import { getuid } from 'node:process'
import { checkPoolHere } from '../drivers/host/address-pool.ts'
import { CGROUP_ROOT } from './cgroup-root.ts'
import { type Command, defineCommand, type GlobalOptions } from './command.ts'
import { daemonClient } from './daemon-client.ts'
import { EXIT } from './exit-codes.ts'
import { formatData, isData, listOf } from './format-data.ts'
import { type CheckedHost, type CheckResult, checkHost, PROGRAM_PATH } from './host-checks.ts'
import type { Io } from './io.ts'
import { paintFor, type Tone } from './paint.ts'
import { formatTable, type Table } from './table.ts'

const TONES: Readonly<Record<CheckResult['result'], Tone>> = { ok: 'good', warning: 'warn', missing: 'bad' }

const tableOf = (results: readonly CheckResult[]): Table => ({
  header: ['CHECK', 'RESULT', 'FOUND', 'WHAT TO DO'],
  rows: results.map(({ check, result, detail, remedy }) => [
    check,
    { text: result, tone: TONES[result] },
    detail,
    remedy,
  ]),
})

const observePool = async ({ specs, state, 'run-dir': runDirectory }: GlobalOptions) => {
  // Only here: compiling schemas is not for every start.
  const [{ openSpecs, settingsInForce }, { recipesHere }] = await Promise.all([
    import('./specs.ts'),
    import('./image-cache.ts'),
  ])
  const flags = { stateDirectory: state, runDirectory }
  const view = await openSpecs(specs, await recipesHere(), flags)
  return checkPoolHere(await settingsInForce(view, flags))
}

const thisHost = (options: GlobalOptions, { signal }: Io): CheckedHost => ({
  uid: getuid?.() ?? -1,
  path: PROGRAM_PATH,
  procRoot: '/proc',
  cgroupRoot: CGROUP_ROOT,
  state: options.state,
  runDirectory: options['run-dir'],
  client: daemonClient(options['run-dir'], signal),
  observePool: () => observePool(options),
})

export const doctorCommand: Command = defineCommand<GlobalOptions>({
  command: ['doctor', 'status'],
  describe: 'Check whether this machine has what is needed',
  builder: (yargs) => yargs.example('$0 doctor', 'ends with 1 when something needed is missing'),
  handler: async (options, io) => {
    const results = await checkHost(thisHost(options, io))
    if (isData(options.output)) io.stdout.write(formatData(options.output, listOf(results)))
    else io.stdout.write(formatTable(tableOf(results), paintFor(options, io)))
    return results.some(({ result }) => result === 'missing') ? EXIT.failed : EXIT.ok
  },
})
