import { expect, it } from 'vitest'
import { account } from '../../test/fakes/accounts.ts'
import { operatedHost } from '../../test/fakes/operated-host.ts'
import { recordIsolation } from './isolation-verdict.ts'

const summary = {
  verifiedAt: '2026-11-24T02:00:00Z',
  neighbour: 'bob',
  held: 79,
  broken: [],
  notTried: [],
}

it('stays in the status, with its date and the generation it was tried at, through passes, restarts and other specs', async () => {
  const { host, specs, start, signal, condition } = operatedHost()
  specs.put(account('alice'))
  const daemon = start()
  await daemon.reconcile('alice', signal)
  expect(await recordIsolation(daemon.status, host.ports().store, 'alice', summary)).toBe(true)
  const told = condition('alice', 'IsolationVerified')
  expect(told).toMatchObject({ status: 'True', reason: 'AllHeld', observedGeneration: 1 })
  expect(told.message).toContain('2026-11-24T02:00:00Z')
  await daemon.reconcile('alice', signal)
  specs.put(account('alice', { limits: { cpuMillis: 500, memoryBytes: 2 ** 30, pids: 100 } }))
  await start().reconcile('alice', signal)
  expect(condition('alice', 'Ready').observedGeneration).toBe(2)
  expect(condition('alice', 'IsolationVerified')).toEqual(told)
})

it('moves its transition time only when the answer is another one', async () => {
  const { host, specs, start, signal, condition } = operatedHost()
  specs.put(account('alice'))
  const daemon = start()
  await daemon.reconcile('alice', signal)
  const { store } = host.ports()
  await recordIsolation(daemon.status, store, 'alice', summary)
  const { lastTransitionTime } = condition('alice', 'IsolationVerified')
  await recordIsolation(daemon.status, store, 'alice', { ...summary, verifiedAt: '2026-11-25T02:00:00Z' })
  expect(condition('alice', 'IsolationVerified')).toMatchObject({ lastTransitionTime, status: 'True' })
  await recordIsolation(daemon.status, store, 'alice', { ...summary, broken: ['kernel/clock'] })
  expect(condition('alice', 'IsolationVerified')).toMatchObject({ status: 'False', reason: 'FenceBroken' })
})

it('says nothing of an account without a status', async () => {
  const { host, start } = operatedHost()
  expect(await recordIsolation(start().status, host.ports().store, 'nobody', summary)).toBe(false)
})
