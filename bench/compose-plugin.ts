import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { readDebianMirror, sourceLines } from '../src/drivers/images/debian-sources.ts'

const run = promisify(execFile)

/** Debian 12 has no plugin of its own; the next release's runs on it. */
const SUITE = 'trixie'
const PACKAGE = 'docker-compose'
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'
const CACHE = '/var/cache/palisade/bench'

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )

/** Arguments for an apt with sources, lists and cache of its own: the host's are not touched. See apt.conf(5). */
const privateApt = async (directory: string, signal: AbortSignal): Promise<readonly string[]> => {
  const sources = join(directory, 'sources.list')
  await writeFile(sources, `${sourceLines(await readDebianMirror(signal), SUITE).join('\n')}\n`)
  await mkdir(join(directory, 'lists/partial'), { recursive: true })
  const settings = {
    'Dir::Etc::SourceList': sources,
    'Dir::Etc::SourceParts': '-',
    'Dir::Etc::Preferences': '-',
    'Dir::Etc::PreferencesParts': '-',
    'Dir::Etc::Trusted': KEYRING,
    'Dir::State::Lists': join(directory, 'lists'),
    'Dir::Cache': join(directory, 'cache'),
    // The temporary directory is root's alone.
    'APT::Sandbox::User': 'root',
  }
  return ['--quiet', ...Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`])]
}

const fetchInto = async (directory: string, root: string, signal: AbortSignal): Promise<void> => {
  const options = await privateApt(directory, signal)
  await run('apt-get', [...options, 'update'], { signal })
  await run('apt-get', [...options, 'download', PACKAGE], { signal, cwd: directory })
  const [archive] = (await readdir(directory)).filter((name) => name.endsWith('.deb'))
  if (archive === undefined) throw new Error(`apt-get downloaded no package ${PACKAGE}`)
  await run('dpkg-deb', ['--extract', join(directory, archive), root], { signal })
}

/**
 * Path of the compose plugin, which runs as a program too. Fetched once from Debian into a cache, and never installed.
 * @throws Error when no mirror of Debian answers.
 */
export const ensureComposePlugin = async (signal: AbortSignal): Promise<string> => {
  const root = join(CACHE, `${PACKAGE}-${SUITE}`)
  const plugin = join(root, 'usr/libexec/docker/cli-plugins/docker-compose')
  if (await isThere(plugin)) return plugin
  await mkdir(dirname(root), { recursive: true, mode: 0o755 })
  const temporary = await mkdtemp(join(CACHE, 'fetch-'))
  try {
    const extracted = join(temporary, 'root')
    await fetchInto(temporary, extracted, signal)
    await rename(extracted, root)
  } finally {
    await rm(temporary, { recursive: true, force: true })
  }
  if (!(await isThere(plugin))) throw new Error(`the package ${PACKAGE} of ${SUITE} holds no ${plugin}`)
  return plugin
}
