import { expect, it } from 'vitest'
import { ensureStatements, expectedGrants, passwordHash, refuseReserved } from './sql.ts'

it('hashes a password as the server does', () => {
  // SELECT PASSWORD('secret')
  expect(passwordHash('secret')).toBe('*14E65567ABDB5135D0CFD9A70B3032C179A49EE7')
})

it('takes names as names, whatever they hold', () => {
  const schema = { name: 'sh_op%.`x`\\', owner: "o'k\\", hash: '*00' }
  const statements = ensureStatements(schema)
  expect(statements[0]).toContain('CREATE DATABASE IF NOT EXISTS `sh_op%.``x``\\` ')
  expect(statements[1]).toBe("CREATE USER IF NOT EXISTS 'o\\'k\\\\'@'%' IDENTIFIED BY PASSWORD '*00'")
  expect(statements[5]).toBe("GRANT ALL PRIVILEGES ON `sh\\_op\\%.``x``\\\\`.* TO 'o\\'k\\\\'@'%'")
  expect(expectedGrants(schema)[1]).toBe("GRANT ALL PRIVILEGES ON `sh\\_op\\%.``x``\\\\`.* TO `o'k\\`@`%`")
})

it.each([
  { name: 'mysql', owner: 'shop' },
  { name: 'MySQL', owner: 'shop' },
  { name: 'shop', owner: 'root' },
  { name: 'shop', owner: 'mariadb.sys' },
])('refuses $owner@$name', (schema) => {
  expect(() => refuseReserved(schema)).toThrow(expect.objectContaining({ reason: 'NameReserved' }))
})

it('never drops anything', () => {
  for (const statement of ensureStatements({ name: 'shop', owner: 'shop', hash: '*00' })) {
    expect(statement).not.toMatch(/\b(DROP|TRUNCATE|DELETE)\b/)
  }
})
