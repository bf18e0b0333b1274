import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { recipesHere } from '../../src/cli/image-cache.ts'
import { type Opponents, openRange, type Range, verifyAccount } from '../../src/cli/isolation-range.ts'
import { attackersNamed } from '../../src/cli/isolation-scene.ts'
import { openSpecs, settingsInForce } from '../../src/cli/specs.ts'
import { ALL_PROBES } from '../../src/isolation/all-probes.ts'
import type { Finding } from '../../src/isolation/probe.ts'
import { type Fenced, LAYERS } from '../fixtures/fence-layers.ts'
import { type Installation, installation } from '../fixtures/installation.ts'

const ATTACKER = 'pl2alice'
const NEIGHBOUR = 'pl2bob'

const account = (name: string) => ({
  apiVersion: 'palisade.dev/v1',
  kind: 'Account',
  metadata: { name },
  spec: {
    limits: { cpu: '1', memory: '512Mi', pids: 256, storage: '600Mi', bandwidth: { in: '200M', out: '100M' } },
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

const probesNamed = (ids: readonly string[]) =>
  ids.map((id) => ALL_PROBES.find((probe) => probe.id === id) ?? expect.unreachable(`there is no probe ${id}`))

describe('palisade isolation verify', () => {
  const { signal } = new AbortController()
  let palisade: Installation

  const verify = async (...args: string[]): Promise<{ code: number; verified: Verified; err: string }> => {
    const { code, out, err } = await palisade.cli('isolation', 'verify', ATTACKER, '-o', 'json', ...args)
    if (out === '') throw new Error(err)
    const [verified]: Verified[] = JSON.parse(out).items
    return { code, err, verified: verified ?? expect.unreachable(out) }
  }
  const condition = async () => {
    const { out } = await palisade.cli('get', 'account', ATTACKER, '-o', 'json')
    return JSON.parse(out).status.conditions.find(({ type }: { type: string }) => type === 'IsolationVerified')
  }

  beforeAll(async () => {
    palisade = await installation({
      instance: 'pl2',
      ipv4Pool: '10.111.0.0/16',
      uidBase: 1_061_000_000,
      // A file system with quotas, whatever the machine's own has.
      storageImage: '2Gi',
    })
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

  it('finds that everything holds, from inside a service and as root of the tenant, and notes it in the status', async () => {
    const { code, verified } = await verify('--totals')
    expect(results(verified.findings, 'broken')).toEqual([])
    expect(results(verified.findings, 'not tried')).toEqual([])
    expect(code).toBe(0)
    expect(verified.neighbour).toBe(NEIGHBOUR)
    expect(await condition()).toMatchObject({ status: 'True', reason: 'AllHeld' })
  }, 300_000)

  it('leaves nothing behind, and nothing to do', async () => {
    const { code, out } = await palisade.cli('plan', ATTACKER, '--exit-code')
    expect(out + code).toMatch(/0$/)
    const docker = (...args: string[]) => palisade.program('docker', '--context', ATTACKER, ...args)
    expect((await docker('ps', '--all', '--format', '{{.Names}}')).out.trim()).toBe('nginx')
    expect((await docker('images', '--format', '{{.Repository}}')).out).not.toContain('probe')
    expect((await palisade.program('nft', 'list', 'tables')).out).not.toContain('witness')
  })

  it('is no condition of a part, nor without a daemon, which the command tells', async () => {
    const before = await condition()
    await verify('--only', 'limits')
    expect(await condition()).toEqual(before)
    await palisade.stop()
    const { code, err } = await verify('--only', 'network')
    expect(code).toBe(0)
    expect(err).toBe('')
  }, 120_000)

  describe('without', () => {
    let range: Range
    let opponents: Opponents
    let fenced: Fenced

    beforeAll(async () => {
      const flags = { stateDirectory: palisade.paths.state, runDirectory: palisade.paths.run }
      const recipes = await recipesHere()
      const settings = await settingsInForce(await openSpecs(palisade.paths.specs, recipes, flags), flags)
      range = openRange(settings, recipes, { env: process.env, stderr: process.stderr, signal })
      const [attacker, neighbour] = await attackersNamed(range.ports, settings, [ATTACKER, NEIGHBOUR])
      opponents = { attacker: attacker ?? expect.unreachable(), neighbour }
      const sandbox = await range.sandboxes.observe(ATTACKER)
      fenced = {
        range,
        attacker: ATTACKER,
        neighbour: NEIGHBOUR,
        opponents,
        holder: sandbox === 'absent' ? expect.unreachable() : sandbox.pid,
      }
    })

    it.each(LAYERS.map((layer) => [layer.layer, layer] as const))(
      '%s',
      async (_name, layer) => {
        const { breaks, holds = [] } = layer
        const taken = await layer.takeAway(fenced)
        try {
          const { findings } = await verifyAccount(taken.range, opponents, probesNamed([...breaks, ...holds]), signal)
          const ids = (result: Finding['result']) =>
            findings.filter((finding) => finding.result === result).map(({ probe }) => probe)
          expect(ids('broken'), JSON.stringify(findings)).toEqual(breaks)
          expect(ids('held')).toEqual(holds)
        } finally {
          await taken.giveBack()
        }
      },
      120_000,
    )
  })
})
