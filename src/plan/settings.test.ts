import { expect, it } from 'vitest'
import { settings } from '../../test/fakes/accounts.ts'
import { pendingSettings } from './settings.ts'

it('names the settings that wait for a restart, and not those that are in force at once', () => {
  expect(pendingSettings(settings, { ...settings })).toEqual([])
  expect(pendingSettings(settings, { ...settings, deletionConfirmed: ['alice'], retainData: false })).toEqual([])
  expect(pendingSettings(settings, { ...settings, imagePreference: 'registry', registry: 'r.test' })).toEqual([])
  expect(pendingSettings(settings, { ...settings, httpPort: 8080, ipv4Pool: '10.91.0.0/16' })).toEqual([
    'ipv4Pool',
    'httpPort',
  ])
})
