import { pino } from 'pino'
import { expect, it } from 'vitest'
import { account, EditableSpecs, settings } from '../../test/fakes/accounts.ts'
import { instantClock } from '../../test/fakes/instant-clock.ts'
import { SimulatedHost } from '../../test/fakes/simulated-host.ts'
import { allKinds } from '../kinds/all-kinds.ts'
import { AccountReconciler } from './account-reconciler.ts'
import { Claims } from './claims.ts'
import { markStopped } from './mark-stopped.ts'

it('leaves nothing ready in the status of a stopped account, and the next pass finds it ready again', async () => {
  const clock = instantClock()
  const host = new SimulatedHost(clock)
  const ports = host.ports()
  const specs = new EditableSpecs().put(account('alice'))
  const reconciler = new AccountReconciler({
    ports,
    settings,
    deletionPolicy: () => settings,
    kinds: allKinds,
    specs,
    claims: new Claims(),
    logger: pino({ level: 'silent' }),
    concurrency: 4,
  })
  const { signal } = new AbortController()
  const statuses = async (): Promise<Map<string, string>> => {
    const { status } = JSON.parse(JSON.stringify(await ports.store.readStatus('Account', 'alice')))
    return new Map(status.conditions.map((one: { type: string; status: string }) => [one.type, one.status]))
  }
  await reconciler.reconcile('alice', signal)
  const ready = await statuses()
  await markStopped(ports.store, clock, 'alice')
  const stopped = await statuses()
  expect([...stopped].filter(([type]) => type.endsWith('Ready')).every(([, status]) => status === 'False')).toBe(true)
  expect(stopped.get('SpecValid')).toBe('True')
  await reconciler.reconcile('alice', signal)
  expect(await statuses()).toEqual(ready)
})

it('writes nothing for an account without a status', async () => {
  const clock = instantClock()
  const { store } = new SimulatedHost(clock).ports()
  await markStopped(store, clock, 'alice')
  expect(await store.readStatus('Account', 'alice')).toBeUndefined()
})
