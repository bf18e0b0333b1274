import { mkdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256 } from '../../plan/digest.ts'
import type { HostSettings } from '../../plan/settings.ts'
import { TerminalError } from '../../ports/errors.ts'
import { ProgramError, type RunProgram } from '../host/program.ts'
import { ensureOwnDirectory, type Identity, readServerUser } from '../host/server-user.ts'
import { hasCode, undefinedIfMissing } from '../system-error.ts'
import { writeFileAtomically } from '../write-file-atomically.ts'
import { bindLayout } from './bind-layout.ts'

/** Within the zone only: what lies elsewhere may be away for a while, and is asked of nobody. */
const CHECK_OPTIONS = ['-i', 'local', '-k', 'fail', '-n', 'fail', '-m', 'fail', '-M', 'fail', '-S', 'fail']

/** What named-checkzone(1) complained of, without its last words. */
const complaintOf = ({ stdout, message }: ProgramError): string => {
  const lines = stdout.split('\n').filter((line) => line !== '' && !/not loaded due to errors\.$/.test(line))
  return lines.slice(0, 5).join('; ') || message
}

const notInstalled = (cause: Error): TerminalError =>
  new TerminalError('NameServerNotInstalled', 'zones need BIND 9: apt-get install bind9 bind9-utils bind9-dnsutils', {
    cause,
  })

/** The files of zones. Nothing gets to where named reads it that named-checkzone(1) did not pass. */
export const createZoneFiles = (settings: HostSettings, runProgram: RunProgram) => {
  const layout = bindLayout(settings)
  let identity: Promise<Identity> | undefined

  const check = async (zone: string, path: string): Promise<void> => {
    try {
      await runProgram('named-checkzone', [...CHECK_OPTIONS, zone, path])
    } catch (error) {
      if (error instanceof ProgramError && hasCode(error.cause, 'ENOENT')) throw notInstalled(error)
      if (!(error instanceof ProgramError) || error.exitCode === undefined) throw error
      await rm(path, { force: true })
      const message = `${zone} does not pass its check: ${complaintOf(error)}`
      throw new TerminalError('InvalidZone', message, { cause: error })
    }
  }

  return {
    /** Digest of the file that named reads; undefined when there is none. */
    async digest(zone: string): Promise<string | undefined> {
      const text = await readFile(layout.zoneFile(zone), 'utf8').catch(undefinedIfMissing)
      return text === undefined ? undefined : sha256(text)
    },

    /**
     * Puts a file where it can be checked, and checks it.
     * @throws TerminalError `InvalidZone`, or `NameServerNotInstalled`
     */
    async stage(zone: string, text: string): Promise<string> {
      await mkdir(layout.staging, { recursive: true, mode: 0o700 })
      const path = join(layout.staging, zone)
      await writeFileAtomically(path, text, 0o644)
      await check(zone, path)
      return path
    },

    /** By a rename: named's own directory may hold a link, which a write would follow. */
    async replace(zone: string, staged: string): Promise<void> {
      identity ??= readServerUser('bind', runProgram)
      await ensureOwnDirectory(layout.zoneDirectory(zone), await identity)
      await rename(staged, layout.zoneFile(zone))
    },

    /** With the zone's keys and signatures. */
    remove: (zone: string): Promise<void> => rm(layout.zoneDirectory(zone), { recursive: true, force: true }),
  }
}

export type ZoneFiles = ReturnType<typeof createZoneFiles>
