import { readFile, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { packageRoot } from '../../src/cli/package-root.ts'
import { type Installation, installation } from '../fixtures/installation.ts'

/** `up` of an installation without accounts: the daemon alone. */
let palisade: Installation

beforeAll(async () => {
  palisade = await installation({ instance: 'plu', ipv4Pool: '10.120.0.0/16', uidBase: 1_070_000_000 })
})
afterAll(() => palisade.remove())

const daemon = async (): Promise<string> => (await readFile(join(palisade.paths.run, 'palisade.lock'), 'utf8')).trim()

it('starts the daemon, leaves it alone, and puts another in its place after an upgrade', async () => {
  const first = await palisade.cli('up')
  expect(first).toMatchObject({ code: 0, err: expect.stringContaining('daemon: started') })
  const pid = await daemon()
  expect(await palisade.cli('up')).toMatchObject({ code: 0, err: expect.stringContaining('daemon: runs already') })
  expect(await daemon()).toBe(pid)
  // As a new build does.
  await utimes(join(packageRoot, 'dist', 'main.js'), new Date(), new Date())
  const upgraded = await palisade.cli('up')
  expect(upgraded).toMatchObject({ code: 0, err: expect.stringContaining('started anew') })
  expect(await daemon()).not.toBe(pid)
})
