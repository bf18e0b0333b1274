import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Finding } from '../../src/isolation/probe.ts'
import { type Installation, installation } from '../fixtures/installation.ts'

const ATTACKER = 'pl2alice'
const NEIGHBOUR = 'pl2bob'

const account = (name: string) => ({
  apiVersion: 'palisade.dev/v1',
  kind: 'Account',
  metadata: { name },
  spec: {
    limits: { cpu: '1', memory: '512Mi', pids: 256 },
    web: { server: 'nginx' },
    sites: [{ domain: `${name}.localhost` }],
  },
})

interface Verified {
  readonly account: string
  readonly neighbour: string
  readonly findings: readonly Finding[]
}

const results = (findings: readonly Finding[], result: Finding['result']): readonly string[] =>
  findings.filter((finding) => finding.result === result).map(({ probe, seen }) => `${probe}: ${seen}`)

describe('palisade isolation verify', () => {
  let palisade: Installation

  const verify = async (...args: string[]): Promise<{ code: number; verified: Verified }> => {
    const { code, out, err } = await palisade.cli('isolation', 'verify', ATTACKER, '-o', 'json', ...args)
    if (out === '') throw new Error(err)
    const [verified]: Verified[] = JSON.parse(out).items
    return { code, verified: verified ?? expect.unreachable(out) }
  }

  beforeAll(async () => {
    palisade = await installation({ instance: 'pl2', ipv4Pool: '10.111.0.0/16', uidBase: 1_061_000_000 })
    for (const name of [ATTACKER, NEIGHBOUR])
      await writeFile(join(palisade.paths.specs, `${name}.yaml`), JSON.stringify(account(name)))
    await palisade.start()
    for (const name of [ATTACKER, NEIGHBOUR]) {
      const { code, err } = await palisade.cli('wait', name, '--for=Ready', '--timeout', '10m')
      expect(err + code).toMatch(/0$/)
    }
  }, 900_000)

  afterAll(async () => {
    await palisade?.remove()
  })

  it('finds that everything holds, from inside a service and as root of the tenant', async () => {
    const { code, verified } = await verify('--totals')
    expect(results(verified.findings, 'broken')).toEqual([])
    expect(results(verified.findings, 'not tried')).toEqual([])
    expect(code).toBe(0)
    expect(verified.neighbour).toBe(NEIGHBOUR)
  }, 300_000)
})
