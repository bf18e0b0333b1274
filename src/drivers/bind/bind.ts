import type { HostSettings } from '../../plan/settings.ts'
import type { Clock } from '../../ports/store.ts'
import type { NameServer, Zones } from '../../ports/zones.ts'
import type { RunProgram } from '../host/program.ts'
import { bindLayout } from './bind-layout.ts'
import { bindServer } from './bind-server.ts'
import { bindZones } from './bind-zones.ts'
import { bindCatalog } from './catalog.ts'
import { bindControl } from './control.ts'
import { createLedger } from './ledger.ts'
import type { NamedService, NamedServiceOptions } from './named-service.ts'
import { bindQuestions } from './questions.ts'
import type { RandomBytes } from './secrets.ts'
import { createZoneFiles } from './zone-files.ts'

export interface BindOptions {
  readonly settings: HostSettings
  readonly clock: Clock
  readonly runProgram: RunProgram
  readonly randomBytes: RandomBytes
  readonly signal: AbortSignal
  /** How named is run on this host. */
  readonly makeService: (options: NamedServiceOptions) => NamedService
}

/** BIND 9 as the name server: a named of our own, with a configuration, keys and directories of its own. */
export const bind = (options: BindOptions): { readonly zones: Zones; readonly nameServer: NameServer } => {
  const { settings, clock, runProgram, signal, makeService } = options
  const layout = bindLayout(settings)
  const ledger = createLedger(layout)
  const control = bindControl(settings, runProgram)
  const questions = bindQuestions(settings.dns)
  const service = makeService({ settings, clock, control, questions, signal })
  const server = bindServer({ ...options, ledger, service })
  const zones = bindZones({
    layout,
    clock,
    ledger,
    files: createZoneFiles(settings, runProgram),
    control,
    questions,
    catalog: bindCatalog(settings, runProgram),
    server,
    hasSecondaries: settings.dns.secondaries.length > 0,
  })
  return { zones, nameServer: server }
}
