import { expect, it } from 'vitest'
import { refuseNames, refuseSchemaName } from './names.ts'

it.each([
  { engine: 'mariadb', name: 'mysql', owner: 'shop' },
  { engine: 'mariadb', name: 'Information_Schema', owner: 'shop' },
  { engine: 'mariadb', name: 'shop', owner: 'root' },
  { engine: 'mariadb', name: 'shop', owner: 'mariadb.sys' },
  { engine: 'mysql', name: 'SYS', owner: 'shop' },
  { engine: 'mysql', name: 'shop', owner: 'mysql.session' },
  { engine: 'mysql', name: 'shop', owner: '' },
  { engine: 'postgres', name: 'template1', owner: 'shop' },
  { engine: 'postgres', name: 'shop', owner: 'postgres' },
  { engine: 'postgres', name: 'shop', owner: 'pg_monitor' },
] as const)("leaves the engine's own names alone: $engine $owner@$name", ({ engine, ...names }) => {
  expect(() => refuseNames(engine, names)).toThrow(expect.objectContaining({ reason: 'NameReserved' }))
})

it.each([
  { engine: 'mariadb', name: 'a'.repeat(65), owner: 'shop' },
  { engine: 'mysql', name: 'shop', owner: 'a'.repeat(33) },
  { engine: 'postgres', name: 'é'.repeat(32), owner: 'shop' },
  { engine: 'postgres', name: 'shop', owner: 'a'.repeat(64) },
  { engine: 'postgres', name: 'sh\0op', owner: 'shop' },
] as const)('refuses what the engine would cut or not take: $engine $owner@$name', ({ engine, ...names }) => {
  expect(() => refuseNames(engine, names)).toThrow(expect.objectContaining({ reason: 'NameRefused' }))
})

it('takes what is long and odd, but no more than that', () => {
  expect(() => refuseNames('postgres', { name: 'a'.repeat(63), owner: `my "own"; --` })).not.toThrow()
  expect(() => refuseNames('mysql', { name: 'a'.repeat(64), owner: 'o`k' })).not.toThrow()
  expect(() => refuseSchemaName('postgres', 'mysql')).not.toThrow()
})
