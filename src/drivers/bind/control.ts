import type { HostSettings } from '../../plan/settings.ts'
import { ProgramError, type RunProgram } from '../host/program.ts'
import { bindLayout } from './bind-layout.ts'
import { type Signing, zoneClause } from './named-config.ts'

/** named by rndc(8), one zone at a time; nothing here takes longer the more zones there are. */
export const bindControl = (settings: HostSettings, runProgram: RunProgram) => {
  const { controlKey } = bindLayout(settings)
  const port = String(settings.dns.controlPort)

  const rndc = (...args: readonly string[]): Promise<string> =>
    runProgram('rndc', ['-k', controlKey, '-s', '127.0.0.1', '-p', port, ...args])

  /** False when named answers that it can't, for this reason. */
  const unless = async (reason: RegExp, ...args: readonly string[]): Promise<boolean> => {
    try {
      await rndc(...args)
      return true
    } catch (error) {
      if (error instanceof ProgramError && reason.test(error.stderr)) return false
      throw error
    }
  }

  const reload = (zone: string): Promise<boolean> => unless(/not found/, 'reload', zone)

  const modify = async (zone: string, clause: string): Promise<void> => {
    await rndc('modzone', zone, clause)
    await reload(zone)
  }

  return {
    /** True when named is there to be controlled. */
    isThere: (): Promise<boolean> =>
      rndc('status').then(
        () => true,
        () => false,
      ),

    /** Reads the whole configuration anew. */
    reconfigure: async (): Promise<void> => void (await rndc('reconfig')),

    /** Has named read the file of a zone, which it has already with the same settings or not yet. */
    async load(zone: string, signing: Signing): Promise<void> {
      if (await reload(zone)) return
      const clause = zoneClause(settings, zone, signing)
      if (!(await unless(/already exists/, 'addzone', zone, clause))) await modify(zone, clause)
    },

    /** The same with other settings than it has, or for one that it does not have. */
    async configure(zone: string, signing: Signing): Promise<void> {
      const clause = zoneClause(settings, zone, signing)
      if (!(await unless(/already exists/, 'addzone', zone, clause))) await modify(zone, clause)
    },

    /** Tells its secondaries of a zone, whether it changed or not. */
    notify: (zone: string): Promise<boolean> => unless(/not found/, 'notify', zone),

    forget: (zone: string): Promise<boolean> => unless(/not found/, 'delzone', zone),
  }
}

export type BindControl = ReturnType<typeof bindControl>
