import { expect, it } from 'vitest'
import { eventReader } from './engine-events.ts'
import { jobLabels, ownership, ownLabels } from './labels.ts'

const owner = ownership('main', 'alice')
const engineEvent = (value: unknown, whose = owner) => eventReader(whose)(value)
const actor = (attributes: Record<string, unknown>) => ({ ID: 'abc', Attributes: attributes })

it('tells of our containers only', () => {
  const died = { Type: 'container', Action: 'die', Actor: actor({ ...ownLabels(owner), name: 'nginx', exitCode: '1' }) }
  expect(engineEvent(died)).toEqual({ account: 'alice', type: 'container', action: 'die', name: 'nginx' })
  expect(engineEvent(died, ownership('other', 'alice'))).toBeUndefined()
  expect(engineEvent({ ...died, Actor: actor({ name: 'nginx' }) })).toBeUndefined()
})

it('tells of every network and image, whose events bear no labels', () => {
  const network = { Type: 'network', Action: 'destroy', Actor: actor({ name: 'www', type: 'bridge' }) }
  expect(engineEvent(network)).toMatchObject({ type: 'network', action: 'destroy', name: 'www' })
  const image = { Type: 'image', Action: 'delete', Actor: actor({}) }
  expect(engineEvent(image)).toMatchObject({ type: 'image', action: 'delete', name: 'abc' })
})

it('says nothing of jobs, nor of the networks that they are put on', () => {
  const read = eventReader(owner)
  const job = (action: string) => ({ Type: 'container', Action: action, Actor: actor(jobLabels(owner, 'job-a.b')) })
  const network = (container: string) => ({
    Type: 'network',
    Action: 'connect',
    Actor: actor({ name: 'www', container }),
  })
  expect([job('create'), network('abc'), job('start'), job('die')].map(read)).toEqual(Array(4).fill(undefined))
  expect(read(network('def'))).toMatchObject({ action: 'connect' })
  read(job('destroy'))
  expect(read(network('abc'))).toMatchObject({ action: 'connect' })
})

it.each([
  [null],
  ['text'],
  [{}],
  [{ Type: 'network', Action: 'destroy' }],
  [{ Type: 'network', Action: 1, Actor: actor({}) }],
  [{ Type: 'volume', Action: 'destroy', Actor: actor({}) }],
])('passes over %j', (value) => {
  expect(engineEvent(value)).toBeUndefined()
})
