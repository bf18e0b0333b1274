import { expect, it } from 'vitest'
import { isMountable } from './mountable.ts'

const TREE = '/srv/tenants/alice'

it.each([`${TREE}/sites`, `${TREE}/sites/alice.example`, `${TREE}/data/mariadb`, `${TREE}/secrets/app`])(
  '%s may be mounted',
  (path) => {
    expect(isMountable(TREE, path)).toBe(true)
  },
)

it.each([
  '/',
  '/etc',
  '/var/run/docker.sock',
  TREE,
  `${TREE}/home/x`,
  `${TREE}/engine/overlay2`,
  `${TREE}/logs/engine.log`,
  `${TREE}/data`,
  `${TREE}/secrets`,
  `${TREE}/sites/../engine`,
  `${TREE}/sites/x/../../../bob/sites`,
  '/srv/tenants/alice-2/sites/x',
  'sites',
])('%s may not', (path) => {
  expect(isMountable(TREE, path)).toBe(false)
})
