import { pino } from 'pino'
import { AccountReconciler } from '../../src/control/account-reconciler.ts'
import { Claims } from '../../src/control/claims.ts'
import { allKinds } from '../../src/kinds/all-kinds.ts'
import { EditableSpecs, settings } from './accounts.ts'
import { instantClock } from './instant-clock.ts'
import { SimulatedHost } from './simulated-host.ts'

/** A simulated host, the specs of its accounts, and what brings the one to the other. */
export const operatedHost = () => {
  const host = new SimulatedHost(instantClock())
  const specs = new EditableSpecs()
  /** A new one is what a restarted daemon has. */
  const start = () =>
    new AccountReconciler({
      ports: host.ports(),
      settings,
      deletionPolicy: () => settings,
      kinds: allKinds,
      specs,
      claims: new Claims(),
      logger: pino({ level: 'silent' }),
      concurrency: 4,
    })
  const { signal } = new AbortController()
  const status = (name: string) => JSON.parse(host.statuses.get(`Account/${name}`) ?? 'null')
  const condition = (name: string, type: string) =>
    status(name).status.conditions.find((one: { type: string }) => one.type === type)
  return { host, specs, start, signal, status, condition }
}
