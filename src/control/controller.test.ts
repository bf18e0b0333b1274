import { pino } from 'pino'
import { expect, it } from 'vitest'
import { account, EditableSpecs, settings } from '../../test/fakes/accounts.ts'
import { fakeClock } from '../../test/fakes/fake-clock.ts'
import { SimulatedHost } from '../../test/fakes/simulated-host.ts'
import { allKinds } from '../kinds/all-kinds.ts'
import type { Ports } from '../ports/ports.ts'
import { AccountReconciler } from './account-reconciler.ts'
import { Claims } from './claims.ts'
import { accountKey, Controller } from './controller.ts'
import { HostReconciler } from './host-reconciler.ts'
import { createWorkQueue } from './work-queue.ts'

const setUp = (change: (ports: Ports) => Ports) => {
  const clock = fakeClock()
  const host = new SimulatedHost(clock)
  const specs = new EditableSpecs()
  const ports = change(host.ports())
  const logger = pino({ level: 'silent' })
  const common = { ports, settings, logger }
  const controller = new Controller({
    queue: createWorkQueue(clock),
    accounts: new AccountReconciler({
      ...common,
      deletionPolicy: () => settings,
      kinds: allKinds,
      specs,
      claims: new Claims(),
      concurrency: 4,
    }),
    host: new HostReconciler({ ...common, specProblems: () => [], pending: () => [], remember: async () => undefined }),
    clock,
    logger,
    concurrency: 2,
    resyncMs: 600_000,
  })
  return { host, specs, controller }
}

it('cuts a pass off when the spec it works toward is no more', async () => {
  const end = new AbortController()
  let waits = false
  const { host, specs, controller } = setUp((ports) => ({
    ...ports,
    engines: {
      ...ports.engines,
      // PHP 8.2 never gets healthy, and only an abort ends the waiting.
      probe: (name, container, signal) => {
        if (container.service !== 'php-8.2') return ports.engines.probe(name, container, signal)
        waits = true
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
      },
    },
  }))
  specs.put(account('alice'))
  controller.hint(accountKey('alice'))
  const running = controller.run(end.signal)
  await expect.poll(() => waits).toBe(true)
  specs.put(account('alice', { sites: [] }))
  controller.changed(accountKey('alice'))
  await expect.poll(() => host.events.some(({ reason }) => reason === 'Converged')).toBe(true)
  expect(host.tenant('alice').containers.has('php-8.2')).toBe(false)
  expect(host.events.filter(({ reason }) => reason === 'StepFailed')).toEqual([])
  end.abort()
  await running
})

it('acts on a changed spec at once when no pass is under way', async () => {
  const end = new AbortController()
  const { host, specs, controller } = setUp((ports) => ports)
  const converged = () => host.events.filter(({ reason }) => reason === 'Converged').length
  specs.put(account('alice'))
  controller.hint(accountKey('alice'))
  const running = controller.run(end.signal)
  await expect.poll(converged).toBe(1)
  specs.put(account('alice', { sites: [] }))
  controller.changed(accountKey('alice'))
  await expect.poll(converged).toBe(2)
  end.abort()
  await running
})
