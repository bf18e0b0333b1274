import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Contexts } from '../../src/ports/host.ts'

export interface ContextsCase {
  readonly contexts: Contexts
  /** Makes a context of that name that nobody calls ours. */
  makeForeign(account: string): Promise<void>
  end(): Promise<void>
}

/** What every implementation of the port promises. */
export const describeContexts = (name: string, makeCase: () => Promise<ContextsCase>): void => {
  describe(`${name} keeps the contract of Contexts`, () => {
    let it: ContextsCase
    beforeEach(async () => {
      it = await makeCase()
    })
    afterEach(() => it.end())

    test('a context is absent, then ours, then absent again', async () => {
      expect(await it.contexts.observe('alice')).toBe('absent')
      await it.contexts.create('alice')
      await it.contexts.create('alice')
      expect(await it.contexts.observe('alice')).toBe('ours')
      expect(await it.contexts.observe('bob')).toBe('absent')
      await it.contexts.drop('alice')
      await it.contexts.drop('alice')
      expect(await it.contexts.observe('alice')).toBe('absent')
    })

    test('a foreign context is refused, and never dropped', async () => {
      await it.makeForeign('alice')
      expect(await it.contexts.observe('alice')).toBe('foreign')
      await expect(it.contexts.create('alice')).rejects.toMatchObject({ reason: 'NameTaken' })
      await it.contexts.drop('alice')
      expect(await it.contexts.observe('alice')).toBe('foreign')
    })
  })
}
