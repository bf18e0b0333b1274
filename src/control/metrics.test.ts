import { describe, expect, it } from 'vitest'
import type { Usage } from '../ports/usage.ts'
import { accountKey, HOST_KEY } from './controller.ts'
import { createMetrics } from './metrics.ts'

const condition = (type: string, status: 'True' | 'False' | 'Unknown') => ({
  type,
  status,
  reason: 'AsDesired',
  message: '',
  lastTransitionTime: '2026-01-01T00:00:00Z',
  observedGeneration: 1,
})

const make = () => {
  const usages = new Map<string, Usage>()
  const asked: ReadonlyMap<string, string>[] = []
  const metrics = createMetrics({
    version: '1.2.3',
    queueDepth: () => 3,
    readUsages(interfaces) {
      asked.push(new Map(interfaces))
      return usages
    },
  })
  const lines = async () => (await metrics.text()).split('\n').filter((line) => !line.startsWith('#') && line !== '')
  return { metrics, usages, asked, lines }
}

describe('metrics', () => {
  it('tell what the kernel counts at the time of the scrape, with one look for all accounts', async () => {
    const { metrics, usages, asked, lines } = make()
    metrics.stands('alice', 'pal0')
    metrics.stands('bob', 'pal1')
    expect(asked).toEqual([])
    usages.set('alice', { cpuSeconds: 1.5, memoryBytes: 4096, pids: 7, transferred: { in: 10, out: 20 } })
    expect(await lines()).toEqual(
      expect.arrayContaining([
        'palisade_account_cpu_seconds_total{account="alice"} 1.5',
        'palisade_account_memory_bytes{account="alice"} 4096',
        'palisade_account_pids{account="alice"} 7',
        'palisade_account_transferred_bytes_total{account="alice",direction="in"} 10',
        'palisade_account_transferred_bytes_total{account="alice",direction="out"} 20',
        'palisade_build_info{version="1.2.3"} 1',
        'palisade_queue_depth 3',
      ]),
    )
    expect(asked).toEqual([
      new Map([
        ['alice', 'pal0'],
        ['bob', 'pal1'],
      ]),
    ])
    // A NIC made anew counts from nothing: no sum is kept here.
    usages.set('alice', { transferred: { in: 1, out: 2 } })
    const again = await lines()
    expect(again).toContain('palisade_account_transferred_bytes_total{account="alice",direction="in"} 1')
    expect(again.filter((line) => line.startsWith('palisade_account_memory_bytes'))).toEqual([])
  })

  it('tell conditions, and nothing more of an account that is gone', async () => {
    const { metrics, lines } = make()
    metrics.told('alice', [condition('Ready', 'True'), condition('SitesReady', 'Unknown')])
    metrics.told('bob', [condition('Ready', 'False')])
    const ofConditions = async () => (await lines()).filter((line) => line.startsWith('palisade_account_condition'))
    expect(await ofConditions()).toEqual([
      'palisade_account_condition{account="alice",type="Ready"} 1',
      'palisade_account_condition{account="alice",type="SitesReady"} 0',
      'palisade_account_condition{account="bob",type="Ready"} 0',
    ])
    metrics.forget('alice')
    expect(await ofConditions()).toEqual(['palisade_account_condition{account="bob",type="Ready"} 0'])
  })

  it('count passes, and how long they took', async () => {
    const { metrics, lines } = make()
    metrics.passed(accountKey('alice'), 'idle', 0.01, 1_000_000)
    metrics.passed(accountKey('bob'), 'retry', 1, 2_000_000)
    metrics.passed(HOST_KEY, 'idle', 0.001, 3_000_000)
    expect(await lines()).toEqual(
      expect.arrayContaining([
        'palisade_reconcile_total{kind="Account",result="idle"} 1',
        'palisade_reconcile_total{kind="Account",result="retry"} 1',
        'palisade_reconcile_duration_seconds_bucket{le="0.02",kind="Account"} 1',
        'palisade_reconcile_duration_seconds_count{kind="Account"} 2',
        'palisade_reconcile_last_timestamp_seconds{kind="Account"} 2000',
        'palisade_reconcile_last_timestamp_seconds{kind="Host"} 3000',
      ]),
    )
  })

  it('keep names from ending a label', async () => {
    const { metrics, lines } = make()
    metrics.told('a"b\n', [condition('Ready', 'True')])
    expect(await lines()).toContain('palisade_account_condition{account="a\\"b\\n",type="Ready"} 1')
  })
})
