import { cp, mkdir, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runProgram } from '../drivers/host/program.ts'
import { daemonService } from '../drivers/services/daemon-service.ts'
import { createSystemd } from '../drivers/services/systemd.ts'
import { imagesOf } from '../plan/resolved-account.ts'
import type { HostSettings } from '../plan/settings.ts'
import type { SpecView } from '../sources/spec-view.ts'
import { addressesToTry, type Reachable } from './addresses-to-try.ts'
import { askStorageImage } from './ask-storage-image.ts'
import { daemonClient, isDaemonRunning } from './daemon-client.ts'
import { CliError, EXIT } from './exit-codes.ts'
import { getOnce } from './get.ts'
import { openImageCache, type Recipes, recipesHere } from './image-cache.ts'
import type { Io } from './io.ts'
import { newestChange } from './newest-change.ts'
import { ownCommand } from './own-command.ts'
import { packageRoot } from './package-root.ts'
import { openSpecs, settingsInForce } from './specs.ts'
import { stopDaemon } from './stop-daemon.ts'
import type { UpOptions } from './up.ts'
import { wait } from './wait.ts'

const STEPS = 4

/** On a machine that is busy with other things, programs take many times as long to start. */
const DAEMON_ANSWERS_WITHIN_MS = 120_000

/** Copies the example beside the administrator's specs, unless it is there: edits are kept. */
const applyExample = async (example: string, specs: string): Promise<'applied' | 'kept'> => {
  const isDirectory = await stat(example).then(
    (stats) => stats.isDirectory(),
    () => false,
  )
  if (!isDirectory)
    throw new CliError(EXIT.usage, `${example} is no directory: name one with specs, such as examples/quickstart`)
  await mkdir(specs, { recursive: true, mode: 0o755 })
  const target = join(specs, basename(resolve(example)))
  try {
    await cp(example, target, { recursive: true, errorOnExist: true, force: false, mode: 0 })
    return 'applied'
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_FS_CP_EEXIST') return 'kept'
    throw error
  }
}

/** Builds and pulls what is missing; answers the names of images that can't be had, which the daemon tries again. */
const fetchImages = async (
  view: SpecView,
  { recipes, settings }: { readonly recipes: Recipes; readonly settings: HostSettings },
  io: Io,
): Promise<ReadonlySet<string>> => {
  const say = (text: string) => void io.stderr.write(`      ${text}\n`)
  const { images } = openImageCache({
    recipes,
    registry: () => settings,
    environment: io.env,
    report: ({ subject, message }) => say(`${subject}: ${message}`),
  })
  const missing = new Set<string>()
  for (const image of view.images()) {
    try {
      await images.archive(image, io.signal)
    } catch (error) {
      io.signal.throwIfAborted()
      missing.add(image.name)
      say(`warning: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  return missing
}

const lacksImage = (view: SpecView, account: string, missing: ReadonlySet<string>): boolean => {
  const verdict = view.find(account)
  return verdict.state === 'valid' && imagesOf(verdict.resolved).some(({ name }) => missing.has(name))
}

/** Waits for each account: what lacks an image does not become Ready, but the rest of it stands with its engine. */
const awaitAccounts = async (
  view: SpecView,
  missing: ReadonlySet<string>,
  options: UpOptions,
  io: Io,
): Promise<number> => {
  let outcome: number = EXIT.ok
  for (const account of view.names()) {
    const lacking = lacksImage(view, account, missing)
    const code = await wait({ ...options, account, for: lacking ? 'EngineReady' : 'Ready', quiet: false }, io)
    if (outcome === EXIT.ok) outcome = code === EXIT.ok && lacking ? EXIT.failed : code
  }
  return outcome
}

/** What the daemon reads when it starts: the compiled program, the catalog, the recipes. */
const PROGRAM = [
  dirname(dirname(fileURLToPath(import.meta.url))),
  ...['crds', 'defaults', 'images', 'libexec'].map((name) => join(packageRoot, name)),
]

const isOutdated = async (options: UpOptions, io: Io): Promise<boolean> => {
  const { startedAt } = await daemonClient(options['run-dir'], io.signal).health()
  return (await newestChange(PROGRAM)) > Date.parse(startedAt)
}

/** After an upgrade the daemon goes on as what it was when it started, so another one takes its place. */
const startDaemon = async (options: UpOptions, io: Io): Promise<'runs' | 'started' | 'upgraded'> => {
  const isRunning = await isDaemonRunning(options['run-dir'], io.signal)
  if (isRunning) {
    if (!(await isOutdated(options, io))) return 'runs'
    await stopDaemon(options, io)
  }
  const service = daemonService({
    systemd: createSystemd(runProgram),
    stateDirectory: options.state,
    command: ownCommand(options, 'run'),
  })
  await service.start()
  const deadline = io.clock.now() + DAEMON_ANSWERS_WITHIN_MS
  while (!(await isDaemonRunning(options['run-dir'], io.signal))) {
    if (io.clock.now() > deadline) throw new CliError(EXIT.failed, `the daemon does not answer; see ${service.logHint}`)
    await io.clock.sleep(100, io.signal)
  }
  return isRunning ? 'upgraded' : 'started'
}

const DAEMON_WORDS = {
  runs: 'runs already',
  started: 'started',
  upgraded: 'started anew, for the one that ran was older than what is installed',
}

const reachable = (view: SpecView, account: string): Reachable => {
  const verdict = view.find(account)
  if (verdict.state !== 'valid') return { name: account, hosts: [] }
  const { sites, tools } = verdict.resolved
  return { name: account, hosts: [...sites, ...tools].map(({ domain }) => domain) }
}

/** Before anything else is read of the specs, since the Host decides where trees are. */
const askForStorage = async (options: UpOptions, recipes: Recipes): Promise<void> => {
  const size = options['storage-image']
  if (size === undefined) return
  const flags = { stateDirectory: options.state, runDirectory: options['run-dir'] }
  const view = await openSpecs(options.specs, recipes, flags)
  await askStorageImage(size, await settingsInForce(view, flags), view, options)
}

/** Applies the example, gets images, starts the daemon, waits for every account. */
export const bringUp = async (options: UpOptions, io: Io): Promise<number> => {
  const say = (step: number, text: string) => io.stderr.write(`[${step}/${STEPS}] ${text}\n`)
  if (options.example !== undefined) {
    const outcome = await applyExample(options.example, options.specs)
    say(1, `specs of ${basename(options.example)}: ${outcome} in ${options.specs}`)
  } else say(1, `specs: those in ${options.specs}`)
  const recipes = await recipesHere()
  await askForStorage(options, recipes)
  const flags = { stateDirectory: options.state, runDirectory: options['run-dir'] }
  const view = await openSpecs(options.specs, recipes, flags)
  const settings = await settingsInForce(view, flags)
  const problems = view.problems()
  if (problems.length > 0) throw new CliError(EXIT.failed, problems.join('\n'))
  say(2, 'images: building or pulling what is missing')
  const missing = await fetchImages(view, { recipes, settings }, io)
  say(3, `daemon: ${DAEMON_WORDS[await startDaemon(options, io)]}`)
  const accounts = [...view.names()]
  say(4, `accounts: waiting for ${accounts.join(', ')}`)
  const outcome = await awaitAccounts(view, missing, options, io)
  await getOnce({ ...options, kind: 'accounts', names: [], watch: false }, io)
  if (outcome === EXIT.ok) {
    const shown = accounts.map((account) => reachable(view, account))
    io.stdout.write(addressesToTry(shown, settings))
  } else io.stderr.write('not every account is ready: see palisade describe ACCOUNT\n')
  return outcome
}
