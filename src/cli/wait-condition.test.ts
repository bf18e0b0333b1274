import { describe, expect, it } from 'vitest'
import { brokenAccount, readyAccount } from '../../test/fixtures/status-directory.ts'
import { CliError } from './exit-codes.ts'
import { toStatusObject } from './status-object.ts'
import { parseAwaited, unmetConditions, whyNot } from './wait-condition.ts'

const ready = toStatusObject(readyAccount('alice'))
const broken = toStatusObject(brokenAccount('alice'))
const isReady = parseAwaited('Ready')

describe('parseAwaited', () => {
  it.each([
    ['delete', 'delete'],
    ['Ready', { type: 'Ready', status: 'True' }],
    ['ready', { type: 'Ready', status: 'True' }],
    ['Stalled=False', { type: 'Stalled', status: 'False' }],
    ['condition=Ready=true', { type: 'Ready', status: 'True' }],
  ])('%s', (text, expected) => {
    expect(parseAwaited(text)).toEqual(expected)
  })

  it.each(['', 'Ready=maybe', 'a b', '=True'])('refuses %j', (text) => {
    expect(() => parseAwaited(text)).toThrow(CliError)
  })
})

describe('whyNot', () => {
  it('is satisfied by the condition', () => {
    expect(whyNot(isReady, { object: ready, hasRecord: true })).toBeUndefined()
  })

  it('says what the condition says', () => {
    expect(whyNot(isReady, { object: broken, hasRecord: true })).toBe(
      'Ready is False: Unhealthy: php-8.2: Unhealthy: the health check fails: 502',
    )
  })

  it('does not take a status without an account, or of another generation', () => {
    expect(whyNot(isReady, { object: undefined, hasRecord: true })).toMatch(/no status/)
    const account = readyAccount('alice')
    const edited = toStatusObject({ ...account, metadata: { name: 'alice', generation: 3 } })
    expect(whyNot(isReady, { object: edited, hasRecord: true })).toBe('generation 3 was not looked at yet')
  })

  it('names the conditions there are', () => {
    const reason = whyNot(parseAwaited('Redy'), { object: ready, hasRecord: true })
    expect(reason).toBe('it has no condition Redy, but Ready, Reconciling, Stalled, ServicesReady')
  })

  it('takes an account as deleted only without status and record', () => {
    expect(whyNot('delete', { object: ready, hasRecord: true })).toBe('it still stands')
    expect(whyNot('delete', { object: undefined, hasRecord: true })).toBe('it is being removed')
    expect(whyNot('delete', { object: undefined, hasRecord: false })).toBeUndefined()
  })
})

it('unmetConditions leaves out what is well', () => {
  expect(broken && unmetConditions(broken)).toEqual([
    'Ready is False: Unhealthy: php-8.2: Unhealthy: the health check fails: 502',
    'ServicesReady is False: Unhealthy: php-8.2: Unhealthy: the health check fails: 502',
  ])
  expect(ready && unmetConditions(ready)).toEqual([])
})
