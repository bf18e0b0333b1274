import { expect, test } from 'vitest'
import { MINUTE, PALISADE, type Scene } from '../scene.ts'

/** Attacks from the small account against the other, which has a processor left to answer with. Leaves nothing. */
export const isolationCases = ({ machine, awaitSettled }: Scene): void => {
  test('palisade isolation verify finds that every fence holds', async () => {
    const { code, stdout, stderr } = await machine.run(`${PALISADE} isolation verify second`, 14 * MINUTE)
    expect(code, `${stdout}\n${stderr}`).toBe(0)
    await awaitSettled('hello', 'second')
    expect(await machine.answer(`${PALISADE} describe second`)).toMatch(/IsolationVerified +True/)
  })

  test('palisade audit finds no rule broken by a container', async () => {
    const { code, stdout, stderr } = await machine.run(`${PALISADE} audit`, 5 * MINUTE)
    expect(code, `${stdout}\n${stderr}`).toBe(0)
  })
}
