import { cp, mkdir, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { runProgram } from '../drivers/host/program.ts'
import { hostImages } from '../drivers/images/host-images.ts'
import { loadRecipes, type Recipe } from '../drivers/images/recipe.ts'
import { RecipeImages } from '../drivers/images/recipe-images.ts'
import { daemonService } from '../drivers/services/daemon-service.ts'
import { createSystemd } from '../drivers/services/systemd.ts'
import type { HostSettings } from '../plan/settings.ts'
import type { SpecView } from '../sources/spec-view.ts'
import { isDaemonRunning } from './daemon-client.ts'
import { CliError, EXIT } from './exit-codes.ts'
import { getOnce } from './get.ts'
import { imageCacheDirectory } from './image-cache.ts'
import type { Io } from './io.ts'
import { ownCommand } from './own-command.ts'
import { packageRoot } from './package-root.ts'
import { openSpecs, settingsInForce } from './specs.ts'
import type { UpOptions } from './up.ts'
import { wait } from './wait.ts'

const STEPS = 4

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

const buildImages = async (view: SpecView, recipes: ReadonlyMap<string, Recipe>, io: Io): Promise<void> => {
  const built = new RecipeImages({
    recipes,
    cacheDirectory: imageCacheDirectory(io.env),
    report: ({ subject, message }) => void io.stderr.write(`      ${subject}: ${message}\n`),
  })
  const images = hostImages(built)
  for (const image of view.images()) await images.archive(image, io.signal)
}

const startDaemon = async (options: UpOptions, io: Io): Promise<void> => {
  if (await isDaemonRunning(options['run-dir'], io.signal)) return
  const service = daemonService({
    systemd: createSystemd(runProgram),
    stateDirectory: options.state,
    command: ownCommand(options, 'run'),
  })
  await service.start()
  const deadline = io.clock.now() + 30_000
  while (!(await isDaemonRunning(options['run-dir'], io.signal))) {
    if (io.clock.now() > deadline) throw new CliError(EXIT.failed, `the daemon does not answer; see ${service.logHint}`)
    await io.clock.sleep(100, io.signal)
  }
}

/** Names below `localhost` are this machine (RFC 6761 section 6.3); others may have no address yet. */
const resolvesHere = (host: string): boolean => host === 'localhost' || host.endsWith('.localhost')

const curl = (scheme: 'http' | 'https', host: string, port: number): string => {
  const usual = scheme === 'http' ? 80 : 443
  const resolve = resolvesHere(host) ? '' : ` --resolve ${host}:${port}:127.0.0.1`
  const insecure = scheme === 'https' ? ' --insecure' : ''
  return `  curl${insecure}${resolve} ${scheme}://${host}${port === usual ? '' : `:${port}`}/\n`
}

const printAddresses = (view: SpecView, settings: HostSettings, accounts: readonly string[], io: Io): void => {
  const { httpPort, httpsPort } = settings
  io.stdout.write('\nTry:\n')
  for (const account of accounts) {
    for (const host of view.hosts(account)) {
      io.stdout.write(curl('http', host, httpPort))
      io.stdout.write(curl('https', host, httpsPort))
    }
    io.stdout.write(`  docker --context ${account} ps\n`)
  }
  io.stdout.write('  palisade --help, or bin/palisade --help from a checkout\n')
}

/** Applies the example, builds images, starts the daemon, waits for every account. */
export const bringUp = async (options: UpOptions, io: Io): Promise<number> => {
  const say = (step: number, text: string) => io.stderr.write(`[${step}/${STEPS}] ${text}\n`)
  if (options.example !== undefined) {
    const outcome = await applyExample(options.example, options.specs)
    say(1, `specs of ${basename(options.example)}: ${outcome} in ${options.specs}`)
  } else say(1, `specs: those in ${options.specs}`)
  const recipes = await loadRecipes(join(packageRoot, 'images'))
  const view = await openSpecs(options.specs, recipes)
  const flags = { stateDirectory: options.state, runDirectory: options['run-dir'] }
  const settings = await settingsInForce(view, flags)
  const problems = view.problems()
  if (problems.length > 0) throw new CliError(EXIT.failed, problems.join('\n'))
  say(2, 'images: building what is missing')
  await buildImages(view, recipes, io)
  say(3, 'daemon: starting unless it runs')
  await startDaemon(options, io)
  const accounts = [...view.names()]
  say(4, `accounts: waiting for ${accounts.join(', ')}`)
  for (const account of accounts) {
    const code = await wait({ ...options, account, for: 'Ready', quiet: false }, io)
    if (code !== EXIT.ok) return code
  }
  await getOnce({ ...options, kind: 'accounts', names: [], watch: false }, io)
  printAddresses(view, settings, accounts, io)
  return EXIT.ok
}
