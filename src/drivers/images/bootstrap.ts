import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { type DebianMirror, sourceLines } from './debian-sources.ts'
import { SOURCE_DATE_EPOCH } from './layer.ts'

export interface BootstrapOptions {
  readonly suite: string
  readonly packages: readonly string[]
  /** Directory with {@link ROOT_TAR} to start from; without it the essential packages are installed first. */
  readonly baseDirectory?: string
  readonly mirror: DebianMirror
  /** Holds the root file system while it is made; on a local disk. */
  readonly temporaryDirectory: string
  /** Called with each line that mmdebstrap writes. */
  readonly report: (line: string) => void
  readonly signal: AbortSignal
}

/** Name of a root file system with the essential packages, as `bootstrap` made it. */
export const ROOT_TAR = 'root.tar'

const DEBIAN_KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'
const KEPT_LINES = 15
const KEPT_ERRORS = 2

/**
 * Makes a Debian root file system and hands it over as a tar stream, which `consume` has to read to its end.
 * Everything that was started and mounted for it ends with this call, however it ends.
 * @throws Error with the last lines of mmdebstrap when it fails.
 */
export const bootstrap = async <T>(options: BootstrapOptions, consume: (tar: Readable) => Promise<T>): Promise<T> => {
  options.signal.throwIfAborted()
  // Its own mount and process namespace: no mount outlives it, and no package's script either.
  const namespaces = ['--mount', '--propagation', 'private', '--pid', '--fork', '--kill-child']
  const child = spawn('unshare', [...namespaces, '--', 'mmdebstrap', ...mmdebstrapArguments(options)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    signal: options.signal,
    // unshare(1) does not hear SIGTERM while it waits; its death ends the namespace's processes.
    killSignal: 'SIGKILL',
    ...(options.baseDirectory === undefined ? {} : { cwd: options.baseDirectory }),
    env: {
      ...process.env,
      LC_ALL: 'C.UTF-8',
      DEBIAN_FRONTEND: 'noninteractive',
      SOURCE_DATE_EPOCH: String(SOURCE_DATE_EPOCH),
      TMPDIR: options.temporaryDirectory,
    },
  })
  const lines: string[] = []
  createInterface({ input: child.stderr }).on('line', (line) => {
    options.report(line.replace(/^I: /, ''))
    lines.push(line)
  })
  const [exited, consumed] = await Promise.allSettled([exitOf(child), consume(child.stdout)])
  options.signal.throwIfAborted()
  if (exited.status === 'rejected') {
    throw new Error(`mmdebstrap ${options.suite}: ${complaintIn(lines)}`, { cause: exited.reason })
  }
  if (consumed.status === 'rejected') throw consumed.reason
  return consumed.value
}

/** What apt and mmdebstrap mark as errors; the last lines where nothing is marked. */
const complaintIn = (lines: readonly string[]): string => {
  const errors = lines.filter((line) => line.startsWith('E: ')).slice(0, KEPT_ERRORS)
  return (errors.length > 0 ? errors : lines.slice(-KEPT_LINES)).join('\n')
}

const mmdebstrapArguments = ({ suite, packages, mirror, baseDirectory }: BootstrapOptions): readonly string[] => [
  // The hook's words are split at spaces, so it names the file by its place in the working directory.
  ...(baseDirectory === undefined
    ? ['--variant=essential']
    : ['--variant=custom', `--setup-hook=tar-in ${ROOT_TAR} /`]),
  '--mode=root',
  '--format=tar',
  `--keyring=${DEBIAN_KEYRING}`,
  '--aptopt=Apt::Install-Recommends "false";',
  '--aptopt=Acquire::Languages "none";',
  ...mirror.aptOptions.map((option) => `--aptopt=${option}`),
  ...(packages.length === 0 ? [] : [`--include=${packages.join(',')}`]),
  suite,
  '-',
  ...sourceLines(mirror, suite),
]

const exitOf = async (child: ChildProcess): Promise<void> => {
  const [code]: unknown[] = await once(child, 'close')
  if (code !== 0) throw new Error(`exit code ${String(code)}`)
}
