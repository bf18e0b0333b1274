import { existsSync } from 'node:fs'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { HostSettings } from '../../plan/settings.ts'
import { hostLayout } from '../../plan/settings.ts'
import type { Confinement } from '../../ports/confinement.ts'
import { profileName, renderProfile } from './apparmor-profile.ts'
import { readKernelFile } from './kernel-files.ts'
import type { RunProgram } from './program.ts'

/** Where the kernel shows AppArmor: securityfs, mounted by systemd and by most others. */
const SECURITY = '/sys/kernel/security/apparmor'
const PARAMETERS = '/sys/module/apparmor/parameters/enabled'

/** Whether this kernel confines by AppArmor, and shows it: engines look at the same two places. */
export const hasAppArmor = (): boolean => readKernelFile(PARAMETERS) === 'Y' && existsSync(SECURITY)

/** The profile that containers of the installation run under; undefined on a host without AppArmor. */
export const serviceProfile = ({ instance }: HostSettings): string | undefined =>
  hasAppArmor() ? profileName(instance) : undefined

/** Mode of a profile by the kernel's list, which has a line `NAME (MODE)` for each. */
export const modeIn = (profiles: string, name: string): string | undefined =>
  profiles
    .split('\n')
    .find((line) => line.startsWith(`${name} (`))
    ?.slice(name.length + 2, -1)

export interface AppArmorOptions {
  readonly settings: HostSettings
  readonly runProgram: RunProgram
}

/**
 * One profile for all services, loaded by root from a file in the run directory, which is written last: it holds what the
 * kernel was given. Both go with a reboot.
 */
export const createAppArmor = ({ settings, runProgram }: AppArmorOptions): Confinement => {
  const name = profileName(settings.instance)
  const file = hostLayout(settings).apparmorProfile
  const text = renderProfile(name)
  const modeOfOurs = () => modeIn(readKernelFile(`${SECURITY}/profiles`) ?? '', name)

  return {
    async observe() {
      if (!hasAppArmor()) return 'unavailable'
      const mode = modeOfOurs()
      if (mode === undefined) return 'absent'
      return mode === 'enforce' && readKernelFile(file) === text.trim() ? 'enforced' : 'stale'
    },

    async ensure() {
      const unfinished = `${file}.new`
      await mkdir(dirname(file), { recursive: true, mode: 0o755 })
      await writeFile(unfinished, text, { mode: 0o644 })
      await runProgram('apparmor_parser', ['--replace', '--skip-cache', unfinished])
      await rename(unfinished, file)
    },

    async drop() {
      if (hasAppArmor() && modeOfOurs() !== undefined) await runProgram('apparmor_parser', ['--remove', file])
      await rm(file, { force: true })
    },
  }
}
