import { expect, it } from 'vitest'
import { componentsBeneath } from './beneath.ts'

it('gives the components below the root', () => {
  expect(componentsBeneath('/srv/tenants', '/srv/tenants/alice/sites')).toEqual(['alice', 'sites'])
  expect(componentsBeneath('/srv/tenants', '/srv/tenants/..alice')).toEqual(['..alice'])
})

it.each([
  '/srv/tenants',
  '/srv/tenants/',
  '/srv',
  '/etc/passwd',
  '/srv/tenants-other/alice',
  '/srv/tenants/../x',
  '/srv/tenants/alice/../bob',
  '/srv/tenants/./alice',
  '/srv/tenants//alice',
  '/srv/tenants/alice/',
  'alice',
  '',
])('refuses %j', (path) => {
  expect(() => componentsBeneath('/srv/tenants', path)).toThrow(expect.objectContaining({ reason: 'PathOutsideTree' }))
})
