import { describe, expect, it } from 'vitest'
import type { Finding, Result } from './probe.ts'
import { describeSummary, isIsolationSummary, summarize } from './summary.ts'

const finding = (probe: string, result: Result): Finding => ({
  probe,
  group: 'kernel',
  position: 'service',
  title: '',
  expected: '',
  result,
  seen: '',
})

const at = { verifiedAt: '2026-11-24T02:00:00Z', neighbour: 'bob' }

describe('a summary', () => {
  it('is true only when all was tried and held', () => {
    expect(describeSummary(summarize([finding('kernel/clock', 'held')], at))).toEqual({
      status: 'True',
      reason: 'AllHeld',
      message: '2026-11-24T02:00:00Z against bob and the host: 1 held',
    })
    const untried = summarize([finding('kernel/clock', 'held'), finding('kernel/bpf', 'not tried')], at)
    expect(describeSummary(untried)).toMatchObject({ status: 'Unknown', reason: 'NotAllTried' })
    const broken = summarize([finding('kernel/clock', 'broken'), finding('kernel/bpf', 'not tried')], at)
    expect(describeSummary(broken)).toEqual({
      status: 'False',
      reason: 'FenceBroken',
      message: '2026-11-24T02:00:00Z against bob and the host: 0 held; 1 broken: kernel/clock; 1 not tried: kernel/bpf',
    })
  })

  it('is believed of a request only when it has the form of one', () => {
    const summary = summarize([finding('kernel/clock', 'broken')], { ...at, neighbour: '' })
    expect(isIsolationSummary(JSON.parse(JSON.stringify(summary)))).toBe(true)
    for (const wrong of [
      undefined,
      { ...summary, verifiedAt: 'today' },
      { ...summary, neighbour: 'b\nob' },
      { ...summary, held: '1' },
      { ...summary, broken: ['kernel/clock\u001b[31m'] },
      { ...summary, notTried: 'none' },
    ])
      expect(isIsolationSummary(wrong)).toBe(false)
  })
})
