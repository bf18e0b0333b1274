import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { settings } from '../../test/fakes/accounts.ts'
import { instantClock } from '../../test/fakes/instant-clock.ts'
import { SimulatedHost } from '../../test/fakes/simulated-host.ts'
import type { Confinement } from '../ports/confinement.ts'
import type { Condition } from '../ports/store.ts'
import { HostReconciler } from './host-reconciler.ts'
import { conditionsOf } from './status-writer.ts'

const reconciled = async (confinement: Partial<Confinement>): Promise<readonly Condition[]> => {
  const simulated = new SimulatedHost(instantClock()).ports()
  const ports = { ...simulated, confinement: { ...simulated.confinement, ...confinement } }
  const host = new HostReconciler({
    ports,
    settings,
    logger: pino({ level: 'silent' }),
    specProblems: () => [],
    pending: () => [],
    remember: async () => {},
  })
  await host.reconcile().catch(() => {})
  return conditionsOf(await ports.store.readStatus('Host', 'default'))
}

const told = (conditions: readonly Condition[], type: string) => conditions.find((one) => one.type === type)

describe('the AppArmor profile of services', () => {
  it('is loaded where it is not in force', async () => {
    let ensured = 0
    const ensure = async () => void ensured++
    const conditions = await reconciled({ observe: async () => 'absent', ensure })
    expect(ensured).toBe(1)
    expect(told(conditions, 'AppArmorEnforced')).toMatchObject({ status: 'True' })
  })

  it('is told not to be available where the kernel has none, which keeps nothing from being ready', async () => {
    const conditions = await reconciled({ observe: async () => 'unavailable' })
    expect(told(conditions, 'AppArmorEnforced')).toMatchObject({ status: 'False', reason: 'NotAvailable' })
    expect(told(conditions, 'Ready')).toMatchObject({ status: 'True' })
  })

  it('is told to be missing where it can not be loaded, and the host not to be ready', async () => {
    const ensure = async () => Promise.reject(new Error('no apparmor_parser'))
    const conditions = await reconciled({ observe: async () => 'absent', ensure })
    expect(told(conditions, 'AppArmorEnforced')).toMatchObject({ status: 'False', message: 'no apparmor_parser' })
    expect(told(conditions, 'Ready')).toMatchObject({ status: 'False' })
  })
})
