import { expect, it } from 'vitest'
import { engineEvent } from './engine-events.ts'
import { ownership, ownLabels } from './labels.ts'

const owner = ownership('main', 'alice')
const actor = (attributes: Record<string, unknown>) => ({ ID: 'abc', Attributes: attributes })

it('tells of our containers only', () => {
  const died = { Type: 'container', Action: 'die', Actor: actor({ ...ownLabels(owner), name: 'nginx', exitCode: '1' }) }
  expect(engineEvent(died, owner)).toEqual({ account: 'alice', type: 'container', action: 'die', name: 'nginx' })
  expect(engineEvent(died, ownership('other', 'alice'))).toBeUndefined()
  expect(engineEvent({ ...died, Actor: actor({ name: 'nginx' }) }, owner)).toBeUndefined()
})

it('tells of every network and image, whose events bear no labels', () => {
  const network = { Type: 'network', Action: 'destroy', Actor: actor({ name: 'www', type: 'bridge' }) }
  expect(engineEvent(network, owner)).toMatchObject({ type: 'network', action: 'destroy', name: 'www' })
  const image = { Type: 'image', Action: 'delete', Actor: actor({}) }
  expect(engineEvent(image, owner)).toMatchObject({ type: 'image', action: 'delete', name: 'abc' })
})

it.each([
  [null],
  ['text'],
  [{}],
  [{ Type: 'network', Action: 'destroy' }],
  [{ Type: 'network', Action: 1, Actor: actor({}) }],
  [{ Type: 'volume', Action: 'destroy', Actor: actor({}) }],
])('passes over %j', (value) => {
  expect(engineEvent(value, owner)).toBeUndefined()
})
