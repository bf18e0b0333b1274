import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Where this host gets Debian packages from. */
export interface DebianMirror {
  /** URI of the main archive, such as `http://mirror.example/debian/`. */
  readonly main: string
  /** URI of the security archive; absent when the host does not use one. */
  readonly security?: string
  /** Settings of apt that a bootstrap has to share, in the syntax of apt.conf(5). */
  readonly aptOptions: readonly string[]
}

/** Proxies, and what hosts behind a snapshot of the archive need. */
const SHARED_APT_SETTINGS = [
  'Acquire::http::Proxy',
  'Acquire::https::Proxy',
  'Acquire::Check-Valid-Until',
  'Acquire::Check-Date',
]

/**
 * Reads the host's own apt configuration, whatever syntax its sources have.
 * @throws Error when no http or https source of Debian's main archive is configured.
 */
export const readDebianMirror = async (signal: AbortSignal): Promise<DebianMirror> => {
  const targets = await run(
    'apt-get',
    ['indextargets', '--format', '$(CREATED_BY) $(REPO_URI) $(RELEASE) $(COMPONENT)'],
    {
      signal,
    },
  )
  const options = await run('apt-config', ['dump', '--no-empty', '--format', '%F "%v";%n', ...SHARED_APT_SETTINGS], {
    signal,
  })
  return { ...findDebianArchives(targets.stdout), aptOptions: options.stdout.split('\n').filter((line) => line !== '') }
}

/** Tells Debian's archives from other repositories by their path; their signature is checked by apt later. */
export const findDebianArchives = (indexTargets: string): Pick<DebianMirror, 'main' | 'security'> => {
  const uris = indexTargets
    .split('\n')
    .map((line) => line.split(' '))
    .filter(
      ([createdBy, uri, , component]) => createdBy === 'Packages' && component === 'main' && /^https?:/.test(uri ?? ''),
    )
    .flatMap(([, uri]) => uri ?? [])
  const main = uris.find((uri) => /\/debian\/([0-9TZ]+\/)?$/.test(uri))
  const security = uris.find((uri) => /\/debian-security\/([0-9TZ]+\/)?$/.test(uri))
  if (main === undefined)
    throw new Error('no http source of Debian packages in /etc/apt/sources.list or sources.list.d')
  return security === undefined ? { main } : { main, security }
}

/** Lines of sources.list(5) for a release. */
export const sourceLines = (mirror: DebianMirror, suite: string): readonly string[] => {
  if (suite === 'sid') return [`deb ${mirror.main} sid main`]
  const lines = [`deb ${mirror.main} ${suite} main`, `deb ${mirror.main} ${suite}-updates main`]
  return mirror.security === undefined ? lines : [...lines, `deb ${mirror.security} ${suite}-security main`]
}
