import { mkdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { parseSpecText } from '../api/parse-spec.ts'
import { loadSchemas } from '../api/schemas.ts'
import { ofKind } from '../api/spec-object.ts'
import { hasIpv6 } from '../drivers/host/nic-settings.ts'
import { writeFileAtomically } from '../drivers/write-file-atomically.ts'
import { allKinds } from '../kinds/all-kinds.ts'
import type { HostSettings } from '../plan/settings.ts'
import { loadSpecContext } from '../sources/spec-context.ts'
import { type HostFlags, resolveHost } from '../sources/spec-host.ts'
import { SpecView } from '../sources/spec-view.ts'
import { CliError, EXIT } from './exit-codes.ts'
import { type Recipes, recipeImageNames } from './image-cache.ts'

type OwnDirectories = Pick<HostFlags, 'stateDirectory' | 'runDirectory'>

/** machine-id(5): made once, at installation, and no other machine's. */
const readMachineId = async (): Promise<string> => (await readFile('/etc/machine-id', 'utf8').catch(() => '')).trim()

const flagsOf = async ({ stateDirectory, runDirectory }: OwnDirectories): Promise<HostFlags> => ({
  stateDirectory,
  runDirectory,
  machineId: await readMachineId(),
  kernelIpv6: hasIpv6(),
})

const lastGoodFile = ({ stateDirectory }: OwnDirectories): string => join(stateDirectory, 'records', 'host.json')

/** What was in force when the daemon ran last; JSON is YAML, so it is read as any spec is. */
const lastGood = async (flags: HostFlags): Promise<HostSettings | undefined> => {
  const text = await readFile(lastGoodFile(flags), 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const schemas = await loadSchemas()
  const [host] = ofKind(parseSpecText(text, lastGoodFile(flags), schemas).objects, 'Host')
  return host === undefined ? undefined : resolveHost(host, flags, schemas)
}

/**
 * A spec directory, judged with all kinds there are and the images that the recipes make. `flags` tell where the Host
 * was remembered, for the case that its file is broken now.
 */
export const openSpecs = async (directory: string, recipes: Recipes, flags: OwnDirectories): Promise<SpecView> => {
  const context = await loadSpecContext(allKinds, recipeImageNames(recipes))
  return SpecView.open(directory, context, await lastGood(await flagsOf(flags)))
}

/**
 * The Host's settings as written, or, while its file is broken, as they were last.
 * @throws CliError when it is broken and there was no last time.
 */
export const settingsInForce = async (view: SpecView, directories: OwnDirectories): Promise<HostSettings> => {
  const flags = await flagsOf(directories)
  const settings = view.settings(flags) ?? (await lastGood(flags))
  if (settings !== undefined) return settings
  throw new CliError(EXIT.failed, `the Host can't be read:\n${view.problems().join('\n')}`)
}

/** Remembers the Host, when it can be read, for a start with a broken file. */
export const rememberHost = async (view: SpecView, flags: OwnDirectories): Promise<void> => {
  const host = view.hostObject()
  if (host === undefined) return
  const file = lastGoodFile(flags)
  const text = `${JSON.stringify(host, undefined, 2)}\n`
  if ((await readFile(file, 'utf8').catch(() => undefined)) === text) return
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  await writeFileAtomically(file, text, 0o600)
}
