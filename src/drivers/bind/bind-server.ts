import type { HostSettings } from '../../plan/settings.ts'
import { TerminalError } from '../../ports/errors.ts'
import type { Clock } from '../../ports/store.ts'
import type { NameServer } from '../../ports/zones.ts'
import { ProgramError, type RunProgram } from '../host/program.ts'
import type { Identity } from '../host/server-user.ts'
import { bindLayout } from './bind-layout.ts'
import type { Ledger } from './ledger.ts'
import type { NamedService } from './named-service.ts'
import { prepareBind } from './prepare-bind.ts'
import type { RandomBytes } from './secrets.ts'

export interface BindServerOptions {
  readonly settings: HostSettings
  readonly clock: Clock
  readonly runProgram: RunProgram
  readonly randomBytes: RandomBytes
  readonly ledger: Ledger
  readonly service: NamedService
}

/** The name server as it is needed: it runs while there are zones. Its methods come one after another. */
export const bindServer = (options: BindServerOptions): NameServer => {
  const { settings, clock, runProgram, randomBytes, ledger, service } = options
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = last.then(work)
    last = mine.catch(() => undefined)
    return mine
  }

  const observe = async (): ReturnType<NameServer['observe']> => {
    const seen = await service.observe()
    if (!(await ledger.isEmpty())) return seen
    return seen === 'stopped' ? 'unneeded' : 'idle'
  }

  const prepare = async () => {
    const listed = () => ledger.names()
    const identity = await prepareBind({ settings, runProgram, randomBytes, now: clock.now(), listed })
    await checkConfig(bindLayout(settings).config, runProgram)
    return identity
  }

  /** What it can't take while it runs, such as another port to be controlled by, it takes with a new start. */
  const reconfigure = (identity: Identity): Promise<void> => service.reconfigure().catch(() => service.start(identity))

  const ensure = async (): Promise<void> => {
    switch (await observe()) {
      case 'stopped':
        return service.start(await prepare())
      case 'stale':
        return reconfigure(await prepare())
      case 'idle':
        return service.stop()
      case 'unneeded':
      case 'running':
        return
    }
  }

  return { observe, ensure: () => inTurn(ensure), stop: () => inTurn(() => service.stop()) }
}

const checkConfig = async (path: string, runProgram: RunProgram): Promise<void> => {
  try {
    await runProgram('named-checkconf', [path])
  } catch (error) {
    if (!(error instanceof ProgramError)) throw error
    const message = `the name server's configuration is refused: ${error.stdout.trim() || error.message}`
    throw new TerminalError('InvalidHost', message, { cause: error })
  }
}
