import { join } from 'node:path'
import { systemClock } from '../drivers/clock.ts'
import { runProgram } from '../drivers/host/program.ts'
import { readScene } from '../drivers/isolation/read-scene.ts'
import { type ToolsOptions, withTools } from '../drivers/isolation/tools.ts'
import { ALL_PROBES } from '../isolation/all-probes.ts'
import type { Finding, Group, Probe } from '../isolation/probe.ts'
import { runProbes } from '../isolation/run-probes.ts'
import { summarize } from '../isolation/summary.ts'
import type { DesiredTenant } from '../plan/resources.ts'
import type { GlobalOptions } from './command.ts'
import { daemonClient } from './daemon-client.ts'
import { CliError, EXIT } from './exit-codes.ts'
import { formatData, isData, listOf } from './format-data.ts'
import { openImageCache, recipesHere } from './image-cache.ts'
import type { Io } from './io.ts'
import { attackersNamed, neighbourOf } from './isolation-scene.ts'
import { formatVerified, type VerifiedAccount } from './isolation-table.ts'
import { packageRoot } from './package-root.ts'
import { paintFor } from './paint.ts'
import { type RealHost, realHost } from './real-ports.ts'
import { openSpecs, settingsInForce } from './specs.ts'

export interface VerifyOptions extends GlobalOptions {
  readonly accounts: readonly string[]
  readonly only: Group | undefined
  readonly totals: boolean
}

const RECIPE = 'probe'

type Range = Omit<ToolsOptions, 'attacker'>

/** What is attacked, and with what. */
const openRange = async (options: GlobalOptions, io: Io): Promise<Range & { readonly host: RealHost }> => {
  const recipes = await recipesHere()
  const flags = { stateDirectory: options.state, runDirectory: options['run-dir'] }
  const settings = await settingsInForce(await openSpecs(options.specs, recipes, flags), flags)
  const cache = openImageCache({
    recipes,
    registry: () => settings,
    environment: io.env,
    report: ({ subject, message }) => io.stderr.write(`${subject}: ${message}\n`),
  })
  const host = realHost(settings, cache.images, io.signal)
  return {
    ...host.ports,
    settings,
    cgroups: host.cgroups,
    useEngine: host.useEngine,
    image: { name: cache.recipes.imageOf(RECIPE), sources: [{ from: 'recipe', recipe: RECIPE }] },
    runProgram,
    clock: systemClock,
    libexecDirectory: join(packageRoot, 'libexec'),
    host,
  }
}

const probesFor = ({ only, totals }: Pick<VerifyOptions, 'only' | 'totals'>): readonly Probe[] =>
  ALL_PROBES.filter(({ group }) => only === undefined || group === only).filter(
    (probe) => totals || probe.kind !== 'exhaustion' || probe.scope === 'probe',
  )

/** RFC 3339, without parts of a second. */
const timestamp = (now: number): string => new Date(now).toISOString().replace(/\.\d+Z$/, 'Z')

/** Every probe from inside one account. */
const verifyAccount = async (
  range: Range,
  tenants: { readonly attacker: DesiredTenant; readonly neighbour: DesiredTenant | undefined },
  probes: readonly Probe[],
  io: Io,
): Promise<VerifiedAccount> => {
  const { attacker, neighbour } = tenants
  const verifiedAt = timestamp(io.clock.now())
  const scene = await readScene({ ...range, ...tenants })
  const findings: readonly Finding[] = await withTools({ ...range, attacker }, scene, io.signal, (tools) =>
    runProbes(probes, scene, tools),
  )
  return { account: attacker.account, neighbour: neighbour?.account ?? '', verifiedAt, findings }
}

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
  const range = await openRange(options, io)
  const { settings, host } = range
  const attackers = await attackersNamed(host.ports, settings, options.accounts)
  const all: VerifiedAccount[] = []
  for (const attacker of attackers) {
    const neighbour = await neighbourOf(host.ports, settings, attacker.account)
    const verified = await verifyAccount(range, { attacker, neighbour }, probesFor(options), io)
    if (!isData(options.output)) io.stdout.write(formatVerified(verified, paintFor(options, io)))
    await report(verified, options, io)
    all.push(verified)
  }
  if (isData(options.output)) io.stdout.write(formatData(options.output, listOf(all)))
  const held = all.every(({ findings }) => findings.every(({ result }) => result === 'held'))
  return held ? EXIT.ok : EXIT.failed
}
