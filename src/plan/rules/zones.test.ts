import { describe, expect, it } from 'vitest'
import { dnsSettings } from '../../../test/fixtures/dns-settings.ts'
import { formatPlan } from '../format-plan.ts'
import { PlanBuilder } from '../plan-builder.ts'
import type { ResourceId } from '../steps.ts'
import { compileZones } from '../zones/compile-zones.ts'
import type { ObservedZone } from '../zones/observed-zone.ts'
import { planStaleZones, planZones } from './zones.ts'

const NAME = 'alice.example'

const WELL = { owner: 'alice', fault: '', serial: 1, delegationSigners: [], secondaries: [] }

/** As the zone of the name is to be; without an address of the host it can't be served. */
const compiled = (addresses: readonly string[]) =>
  compileZones([{ name: NAME, records: [] }], [], dnsSettings({ addresses }))

const [desiredZone] = compiled(['203.0.113.7'])
if (desiredZone?.type !== 'zone') throw new Error('the fixture is a zone')
const { digest } = desiredZone

const planOf = (
  zones: ReturnType<typeof compiled>,
  seen: ObservedZone | undefined,
  inventory: readonly ResourceId[] = [`zone/${NAME}`],
): string => {
  const builder = new PlanBuilder()
  const planning = {
    desired: {
      account: 'alice',
      zones: zones.filter((zone) => zone.type === 'zone'),
      refusedZones: zones.filter((zone) => zone.type === 'refused-zone'),
    },
    observed: { zones: new Map(seen === undefined ? [] : [[NAME, seen]]) },
    inventory: new Set(inventory),
    builder,
  }
  planStaleZones(planning)
  planZones(planning)
  return formatPlan(builder.build())
}

describe('a zone', () => {
  it.each<[what: string, seen: ObservedZone | undefined, cause: string]>([
    ['that is not there', undefined, 'the name server has no zone alice.example'],
    ['of other records', { ...WELL, digest: 'x' }, 'the zone alice.example has other records'],
    ['that was changed by hand', { ...WELL, digest, fault: 'was changed in its file' }, 'was changed in its file'],
    ['of somebody before', { ...WELL, digest, owner: 'bob' }, 'is served for nobody who has it'],
  ])('%s is made', (_what, seen, cause) => {
    const plan = planOf([desiredZone], seen)
    expect(plan).toMatch(/^ {2}1 {2}ensureZone {2}zone\/alice\.example/)
    expect(plan).toContain(cause)
  })

  it('that is as it should be is left alone', () => {
    expect(planOf([desiredZone], { ...WELL, digest })).toBe('nothing to do\n')
  })

  it('that nobody wants any more is dropped, if it is ours', () => {
    expect(planOf([], { ...WELL, digest })).toMatch(/dropZone .*nothing wants the zone alice\.example any more\n$/)
    expect(planOf([], { ...WELL, digest, owner: 'bob' })).toBe('nothing to do\n')
    expect(planOf([], undefined)).toBe('nothing to do\n')
  })

  it('that can not be served as it is written goes on as it was', () => {
    const plan = planOf(compiled([]), { ...WELL, digest })
    expect(plan).not.toMatch(/ensureZone|dropZone/)
    expect(plan).toContain(
      'InvalidZone  zone/alice.example: alice.example: its name server ns1.alice.example has no address',
    )
  })
})
