import { expect, it } from 'vitest'
import { ensureStatements, expectedGrants, passwordHash } from './mariadb.ts'
import { textOf } from './sql.ts'

const schema = { name: 'sh_op%.`x`\\', owner: "o'k\\", password: 'secret' }
const HASH = '*14E65567ABDB5135D0CFD9A70B3032C179A49EE7'

it('hashes a password as the server does', () => {
  // SELECT PASSWORD('secret')
  expect(passwordHash('secret')).toBe(HASH)
})

it('takes names as names, whatever they hold', () => {
  const statements = ensureStatements(schema).map(textOf)
  expect(statements[0]).toContain('CREATE DATABASE IF NOT EXISTS `sh_op%.``x``\\` ')
  expect(statements[1]).toBe(`CREATE USER IF NOT EXISTS 'o\\'k\\\\'@'%' IDENTIFIED BY PASSWORD '${HASH}'`)
  expect(statements[5]).toBe("GRANT ALL PRIVILEGES ON `sh\\_op\\%.``x``\\\\`.* TO 'o\\'k\\\\'@'%'")
  expect(expectedGrants(schema)[1]).toBe("GRANT ALL PRIVILEGES ON `sh\\_op\\%.``x``\\\\`.* TO `o'k\\`@`%`")
})

it('tells no log the password', () => {
  expect(ensureStatements(schema).map(textOf).join()).not.toContain('secret')
})

it('never drops anything', () => {
  for (const statement of ensureStatements(schema)) {
    expect(textOf(statement)).not.toMatch(/\b(DROP|TRUNCATE|DELETE)\b/)
  }
})
