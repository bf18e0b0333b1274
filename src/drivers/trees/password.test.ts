import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { makePassword } from './password.ts'

it('makes 32 letters and digits, another each time', () => {
  const passwords = Array.from({ length: 100 }, () => makePassword(randomBytes))
  for (const password of passwords) expect(password).toMatch(/^[A-Za-z0-9]{32}$/)
  expect(new Set(passwords).size).toBe(100)
})

it('throws away bytes that would favour some characters', () => {
  const answers = [new Uint8Array([...Array(8).fill(248), ...Array(24).fill(0)]), new Uint8Array(8).fill(247)]
  expect(makePassword(() => answers.shift() ?? new Uint8Array())).toBe('A'.repeat(24) + '9'.repeat(8))
  expect(answers).toEqual([])
})
