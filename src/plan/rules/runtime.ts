import type { Planning } from '../plan-builder.ts'
import { RUNTIME_PROGRAMS } from '../runtimes.ts'

/** False when the host has nothing to run the account's containers with: what stands is left as it is then. */
export const planRuntime = ({ desired, observed, builder }: Planning): boolean => {
  const { account, runtime } = desired
  if (observed.runtimes.has(runtime)) return true
  const message = `the runtime class ${runtime} needs ${RUNTIME_PROGRAMS[runtime]} in the PATH of this host: install it, or choose runtimeClass: runc`
  builder.block({ target: `engine/${account}`, reason: 'RuntimeNotInstalled', message })
  return false
}
