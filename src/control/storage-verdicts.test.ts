import { describe, expect, it } from 'vitest'
import { type CountedStorage, type ObservedStorage, UNLIMITED } from '../plan/resources.ts'
import type { Condition } from '../ports/store.ts'
import type { Problem } from './conditions.ts'
import { storageVerdicts } from './storage-verdicts.ts'

const wanted = { account: 'alice', storage: { bytes: 1000, inodes: 100 } }

const counted = (changes: Partial<CountedStorage> = {}): CountedStorage => ({
  state: 'counted',
  bytes: 1000,
  inodes: 100,
  used: { bytes: 10, inodes: 10 },
  ...changes,
})

const judge = (storage: ObservedStorage, problems: readonly Problem[] = [], former: readonly Condition[] = []) =>
  storageVerdicts(wanted, { storage }, problems, former).map(({ type, status, reason }) => [type, status, reason])

const wasFull: Condition = {
  type: 'StorageAvailable',
  status: 'False',
  reason: 'StorageNearlyFull',
  message: '',
  lastTransitionTime: '2026-01-01T00:00:00Z',
  observedGeneration: 1,
}

describe('StorageLimitEnforced', () => {
  it('is absent when no storage limit is asked for', () => {
    const free = { account: 'alice', storage: { bytes: UNLIMITED, inodes: UNLIMITED } }
    expect(storageVerdicts(free, { storage: counted() }, [], [])).toEqual([])
  })

  it.each<[string, ObservedStorage, string, string]>([
    ['in force', counted(), 'True', 'AsDesired'],
    ['in force to the block', counted({ bytes: 999 }), 'True', 'AsDesired'],
    ['another limit', counted({ bytes: UNLIMITED }), 'False', 'Pending'],
    ['higher than asked for', counted({ bytes: 1001 }), 'False', 'Pending'],
    ['no inodes', counted({ inodes: 'never-counted' }), 'False', 'InodesNotCounted'],
    ['not counted', { state: 'uncounted', cause: 'missing' }, 'False', 'Pending'],
    ['no quota', { state: 'unsupported', reason: 'QuotaNotEnabled', message: 'm' }, 'False', 'QuotaNotEnabled'],
  ])('tells of %s', (_what, storage, status, reason) => {
    expect(judge(storage)[0]).toEqual(['StorageLimitEnforced', status, reason])
  })

  it('tells why the limit could not be set', () => {
    const problem: Problem = { target: 'quota/alice', reason: 'StepFailed', message: 'no' }
    expect(judge({ state: 'uncounted', cause: 'missing' }, [problem])).toEqual([
      ['StorageLimitEnforced', 'False', 'StepFailed'],
    ])
  })
})

describe('StorageAvailable', () => {
  it.each([
    [949, [], 'True'],
    [950, [], 'False'],
    [901, [wasFull], 'False'],
    [899, [wasFull], 'True'],
  ])('with %d of 1000 bytes used, after %j, is %s', (bytes, former, status) => {
    expect(judge(counted({ used: { bytes, inodes: 0 } }), [], former)[1]?.[1]).toBe(status)
  })

  it('minds inodes as well', () => {
    expect(judge(counted({ used: { bytes: 0, inodes: 99 } }))[1]?.[1]).toBe('False')
  })
})
