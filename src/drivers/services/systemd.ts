import { existsSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ProgramError, type RunProgram } from '../host/program.ts'
import { writeFileAtomically } from '../write-file-atomically.ts'

const UNITS = '/etc/systemd/system'

/** As sd_booted(3) tells. */
export const hasSystemd = (): boolean => existsSync('/run/systemd/system')

/** Units of ours, by `systemctl`. */
export const createSystemd = (runProgram: RunProgram) => {
  const path = (unit: string): string => join(UNITS, unit)

  const isActive = async (unit: string): Promise<boolean> => {
    try {
      await runProgram('systemctl', ['is-active', '--quiet', unit])
      return true
    } catch (error) {
      if (error instanceof ProgramError && error.exitCode !== undefined) return false
      throw error
    }
  }

  return {
    isActive,

    /** True when the unit's file was written. */
    async install(unit: string, text: string): Promise<boolean> {
      const before = await readFile(path(unit), 'utf8').catch(() => undefined)
      if (before !== text) {
        await writeFileAtomically(path(unit), text, 0o644)
        await runProgram('systemctl', ['daemon-reload'])
      }
      await runProgram('systemctl', ['enable', '--quiet', unit])
      return before !== text
    },

    async start(unit: string): Promise<void> {
      await runProgram('systemctl', ['start', unit], { timeoutMs: 60_000 })
    },

    async restart(unit: string): Promise<void> {
      await runProgram('systemctl', ['restart', unit], { timeoutMs: 120_000 })
    },

    async stop(unit: string): Promise<void> {
      if (existsSync(path(unit))) await runProgram('systemctl', ['stop', unit], { timeoutMs: 120_000 })
    },

    async remove(unit: string): Promise<void> {
      if (!existsSync(path(unit))) return
      await runProgram('systemctl', ['disable', '--quiet', '--now', unit], { timeoutMs: 120_000 })
      await rm(path(unit))
      await runProgram('systemctl', ['daemon-reload'])
    },
  }
}

export type Systemd = ReturnType<typeof createSystemd>
