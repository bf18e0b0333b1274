import { pino } from 'pino'
import { expect, it } from 'vitest'
import { watchStorage } from './storage-watch.ts'

/** What each look gives, and what is told of after all of them. */
const told = async (looks: readonly (readonly string[] | Error)[]): Promise<readonly string[]> => {
  const end = new AbortController()
  const accounts: string[] = []
  const rest = [...looks]
  await watchStorage({
    quotas: {
      uncounted: async () => {
        const look = rest.shift() ?? []
        if (look instanceof Error) throw look
        return look
      },
    },
    clock: {
      sleep: async (_ms, signal) => {
        if (rest.length === 0) end.abort()
        signal.throwIfAborted()
      },
    },
    onUncounted: (account) => accounts.push(account),
    logger: pino({ level: 'silent' }),
    signal: end.signal,
  })
  return accounts
}

it('tells of an account once, until all of it is counted', async () => {
  expect(await told([['alice'], ['alice', 'bob'], ['bob'], ['alice']])).toEqual(['alice', 'bob', 'alice'])
})

it('goes on after a look that failed', async () => {
  expect(await told([new Error('no'), ['alice']])).toEqual(['alice'])
})
