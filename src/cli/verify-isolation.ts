import { ALL_PROBES } from '../isolation/all-probes.ts'
import type { Group, Probe } from '../isolation/probe.ts'
import { summarize } from '../isolation/summary.ts'
import type { GlobalOptions } from './command.ts'
import { daemonClient } from './daemon-client.ts'
import { CliError, EXIT } from './exit-codes.ts'
import { formatData, isData, listOf } from './format-data.ts'
import { recipesHere } from './image-cache.ts'
import type { Io } from './io.ts'
import { openRange, verifyAccount } from './isolation-range.ts'
import { attackersNamed, neighbourOf } from './isolation-scene.ts'
import { formatVerified, type VerifiedAccount } from './isolation-table.ts'
import { paintFor } from './paint.ts'
import { openSpecs, settingsInForce } from './specs.ts'

export interface VerifyOptions extends GlobalOptions {
  readonly accounts: readonly string[]
  readonly only: Group | undefined
  readonly totals: boolean
}

const probesFor = ({ only, totals }: Pick<VerifyOptions, 'only' | 'totals'>): readonly Probe[] =>
  ALL_PROBES.filter(({ group }) => only === undefined || group === only).filter(
    (probe) => totals || probe.kind !== 'exhaustion' || probe.scope === 'probe',
  )

/** A part of the probes says nothing of the whole, and is no condition. A daemon that is away can't be told. */
const report = async (verified: VerifiedAccount, { only, 'run-dir': runDirectory }: VerifyOptions, io: Io) => {
  if (only !== undefined) return
  try {
    const summary = summarize(verified.findings, verified)
    await daemonClient(runDirectory, io.signal).recordIsolation(verified.account, summary)
  } catch (error) {
    if (!(error instanceof CliError)) throw error
    io.stderr.write(
      `the status of ${verified.account} keeps its former condition IsolationVerified: ${error.message}\n`,
    )
  }
}

const refuseUnlessRoot = (): void => {
  if (process.getuid?.() !== 0)
    throw new CliError(EXIT.failed, 'only root can attack from inside an account: run this as root')
}

/** Attacks, prints what came of it, and has the daemon note it; answers 0 when all was tried and all held. */
export const verifyIsolation = async (options: VerifyOptions, io: Io): Promise<number> => {
  refuseUnlessRoot()
  const recipes = await recipesHere()
  const flags = { stateDirectory: options.state, runDirectory: options['run-dir'] }
  const settings = await settingsInForce(await openSpecs(options.specs, recipes, flags), flags)
  const range = openRange(settings, recipes, io)
  const all: VerifiedAccount[] = []
  for (const attacker of await attackersNamed(range.ports, settings, options.accounts)) {
    const neighbour = await neighbourOf(range.ports, settings, attacker.account)
    const verified = await verifyAccount(range, { attacker, neighbour }, probesFor(options), io.signal)
    if (!isData(options.output)) io.stdout.write(formatVerified(verified, paintFor(options, io)))
    await report(verified, options, io)
    all.push(verified)
  }
  if (isData(options.output)) io.stdout.write(formatData(options.output, listOf(all)))
  const held = all.every(({ findings }) => findings.every(({ result }) => result === 'held'))
  return held ? EXIT.ok : EXIT.failed
}
