import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { account, EditableSpecs, settings } from '../../test/fakes/accounts.ts'
import { instantClock } from '../../test/fakes/instant-clock.ts'
import { SimulatedHost } from '../../test/fakes/simulated-host.ts'
import { allKinds } from '../kinds/all-kinds.ts'
import { UNLIMITED } from '../plan/resources.ts'
import { AccountReconciler } from './account-reconciler.ts'
import { Claims } from './claims.ts'
import { conditionsOf } from './status-writer.ts'

const GIB = 2 ** 30
const LIMITED = { in: 10_000_000, out: 20_000_000 }

const operate = () => {
  const host = new SimulatedHost(instantClock())
  const specs = new EditableSpecs()
  const ports = host.ports()
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
  return {
    host,
    async apply(bandwidth = LIMITED) {
      specs.put(account('alice', { bandwidth }))
      await reconciler.reconcile('alice', new AbortController().signal)
      const conditions = conditionsOf(await ports.store.readStatus('Account', 'alice'))
      return (type: string) => conditions.find((condition) => condition.type === type)
    },
  }
}

describe('BandwidthLimitEnforced', () => {
  it('is True while the kernel holds the limits, and absent where none is asked for', async () => {
    const { host, apply } = operate()
    expect((await apply())('BandwidthLimitEnforced')?.status).toBe('True')
    expect(host.tenant('alice').bandwidth).toEqual(LIMITED)
    expect((await apply({ in: UNLIMITED, out: UNLIMITED }))('BandwidthLimitEnforced')).toBeUndefined()
    expect(host.tenant('alice').bandwidth).toEqual({ in: UNLIMITED, out: UNLIMITED })
    expect(host.records.get('alice')?.inventory).not.toContain('shaper/alice')
  })

  it('is False where the kernel has no means, and the tenant is served all the same', async () => {
    const { host, apply } = operate()
    host.shapingUnsupported = 'Unknown device type'
    const condition = await apply()
    expect(condition('BandwidthLimitEnforced')).toMatchObject({
      status: 'False',
      reason: 'BandwidthUnsupported',
      message: 'Unknown device type',
    })
    expect(condition('Ready')?.status).toBe('True')
  })

  it('makes no call while the limits stand, and one when somebody lifted them', async () => {
    const { host, apply } = operate()
    await apply()
    const calls = host.calls.length
    await apply()
    expect(host.calls.slice(calls)).toEqual([])
    host.tenant('alice').bandwidth = { in: UNLIMITED, out: LIMITED.out }
    await apply()
    expect(host.calls.slice(calls)).toEqual(['setBandwidth alice'])
  })
})

describe('the status of what was transferred', () => {
  it('is written when another GiB is full, and outlives the NIC', async () => {
    const { host, apply } = operate()
    const tenant = host.tenant('alice')
    const told = (): unknown => JSON.parse(host.statuses.get('Account/alice') ?? '{}').status.transferred
    await apply()
    tenant.traffic = { ...tenant.traffic, in: 2 * GIB, out: 100 }
    await apply()
    expect(told()).toMatchObject({ in: 2 * GIB, out: 0 })
    const writes = host.writes
    tenant.traffic = { ...tenant.traffic, in: 2 * GIB + 5, out: 200 }
    await apply()
    expect(host.writes).toBe(writes)
    tenant.nic = false
    tenant.traffic = { nic: 99, in: 0, out: 0 }
    await apply()
    tenant.traffic = { nic: 99, in: GIB, out: GIB }
    await apply()
    expect(told()).toMatchObject({ in: 3 * GIB, out: GIB })
  })
})
