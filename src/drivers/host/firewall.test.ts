import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { instantClock } from '../../../test/fakes/instant-clock.ts'
import { testSettings } from '../../../test/fixtures/host-settings.ts'
import { allocationOf } from '../../plan/allocation.ts'
import type { OutboundPolicy } from '../../plan/resources.ts'
import { createFirewall } from './firewall.ts'
import { type RunProgram, runProgram } from './program.ts'

const policy: OutboundPolicy = { internet: true, smtp: false, hostedSites: true, privateRanges: [] }

describe('where nft is missing', () => {
  let directory: string
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'palisade-firewall-'))
  })
  afterEach(() => rmSync(directory, { recursive: true }))

  const without: RunProgram = (file, ...rest) => runProgram(join(directory, file), ...rest)

  test('no policy is in force, and setting one tells what to install', async () => {
    const settings = testSettings(directory)
    const firewall = createFirewall({ settings, runProgram: without, clock: instantClock(), resolvers: [] })
    const allocation = allocationOf(settings, 0)
    expect(await firewall.observePolicy(allocation)).toBe('absent')
    const missing = { reason: 'NftMissing', message: expect.stringContaining('install nftables') }
    await expect(firewall.setPolicy(allocation, policy)).rejects.toMatchObject(missing)
    await expect(firewall.observe()).rejects.toMatchObject(missing)
    await expect(firewall.ensure()).rejects.toMatchObject(missing)
  })
})
