import { describe, expect, it } from 'vitest'
import { SCENE } from '../../test/fakes/scene.ts'
import { UNLIMITED } from '../plan/resources.ts'
import { ALL_PROBES } from './all-probes.ts'
import type { Latency, WitnessedPackets } from './ports.ts'
import type { Answer, Attempt, Finding } from './probe.ts'
import { runProbes, type Tools } from './run-probes.ts'
import type { Scene } from './scene.ts'

const CALM: Latency = { p99Ms: 5, asked: 150, unanswered: 0 }
const PACKETS: WitnessedPackets = { sent: 10, spoofed: 0, 'to neighbour': 0 }

interface Host {
  /** What an attempt comes to; refused unless told. */
  readonly answer?: (attempt: Attempt, position: 'service' | 'root') => Answer
  readonly packets?: WitnessedPackets
  /** How the neighbour answers while it is attacked. */
  readonly during?: () => Latency
  readonly keptLogBytes?: number
}

/** Attempts that send something say so; everything else is refused. */
const usual = ({ attack }: Attempt): Answer =>
  attack === 'spoof' ? { outcome: 'done', seen: 'sent 5' } : { outcome: 'refused', seen: 'EPERM' }

const toolsOf = ({ answer = usual, packets = PACKETS, during = () => CALM, keptLogBytes = 0 }: Host): Tools => {
  let attacks = 0
  return {
    attack: async (position, attempts) => {
      attacks++
      return { answers: attempts.map((attempt) => answer(attempt, position)), keptLogBytes }
    },
    witness: async (work) => {
      await work()
      return packets
    },
    latency: async (work) => {
      const before = attacks
      await work()
      return attacks === before ? CALM : during()
    },
    aloneMs: 0,
    sleep: async () => undefined,
    signal: new AbortController().signal,
  }
}

const run = (host: Host, scene: Scene = SCENE) => runProbes(ALL_PROBES, scene, toolsOf(host))
const ids = (findings: readonly Finding[], result: Finding['result']) =>
  findings.filter((finding) => finding.result === result).map(({ probe }) => probe)

describe('runProbes', () => {
  it('finds that all is held where everything is refused, in the order of the probes', async () => {
    const findings = await run({})
    // Nobody asked for these limits.
    const unasked = ['limits/io', 'exhaustion/tenant-inodes']
    const applying = ALL_PROBES.map(({ id }) => id).filter((id) => !unasked.includes(id))
    expect(ids(findings, 'held')).toEqual(applying)
    expect(new Set(findings.map(({ probe }) => probe)).size).toBe(findings.length)
  })

  it('gives every attempt its own answer, and breaks the one probe that got through', async () => {
    const answer = (attempt: Attempt, position: string): Answer =>
      attempt.attack === 'keyring' && position === 'service'
        ? { outcome: 'done', seen: 'it was allowed' }
        : usual(attempt)
    expect(ids(await run({ answer }), 'broken')).toEqual(['kernel/keyring'])
  })

  it('calls no success what could not be tried', async () => {
    const answer = (attempt: Attempt): Answer =>
      attempt.attack === 'clock' ? { outcome: 'failed', seen: 'no numbers' } : usual(attempt)
    expect(ids(await run({ answer }), 'not tried')).toEqual(['kernel/clock', 'kernel/clock-as-root'])
  })

  it('tries nothing from a position that can not be taken, and says why', async () => {
    const answer = (attempt: Attempt, position: string): Answer => {
      if (position === 'service') throw new Error('the engine of alice does not answer')
      return usual(attempt)
    }
    const findings = await run({ answer })
    const service = findings.filter(({ position }) => position === 'service')
    expect(service.length).toBeGreaterThan(20)
    for (const { result, seen } of service)
      expect([result, seen]).toEqual(['not tried', 'the engine of alice does not answer'])
    expect(ids(findings, 'broken')).toEqual([])
  })

  it('does not call the network fenced when the attacker has none', async () => {
    const findings = await run({ packets: { ...PACKETS, sent: 0 } })
    const untried = ids(findings, 'not tried')
    expect(untried).toContain('host/listeners')
    expect(untried).toContain('network/neighbour-ports')
    expect(untried.every((id) => /^(network|host)\//.test(id))).toBe(true)
  })

  it('sees spoofed packets that passed', async () => {
    const findings = await run({ packets: { ...PACKETS, spoofed: 3 } })
    expect(ids(findings, 'broken')).toEqual(['network/spoofed-source', 'network/spoofed-foreign-source'])
  })

  it('attacks no neighbour where there is none, and says so', async () => {
    const findings = await run({}, { ...SCENE, neighbour: 'none' })
    const untried = findings.filter(({ result }) => result === 'not tried')
    expect(untried.length).toBeGreaterThan(5)
    for (const { seen } of untried) expect(seen).toBe('the host has no other account')
  })

  it('holds every limit that was asked for against the kernel, and says where a host can not hold it', async () => {
    const { attacker } = SCENE
    const withCeilings = (changes: Partial<Scene['attacker']['ceilings']>): Scene => ({
      ...SCENE,
      attacker: { ...attacker, ceilings: { ...attacker.ceilings, ...changes } },
    })
    const bandwidth = { wanted: { in: 200e6, out: 100e6 }, inForce: { in: 200e6, out: UNLIMITED } }
    expect(ids(await run({}, withCeilings({ bandwidth })), 'broken')).toEqual(['limits/bandwidth'])
    const storage = { wanted: { bytes: 2 ** 29 }, inForce: { reason: 'NoQuota', message: 'ext4 without quota' } }
    const [untried] = (await run({}, withCeilings({ storage }))).filter(({ result }) => result === 'not tried')
    expect(untried).toMatchObject({ probe: 'limits/storage', seen: 'not enforced on this host: ext4 without quota' })
  })

  it('uses nothing up while the kernel does not hold the tenant to its limits', async () => {
    const limitsInForce = { ...SCENE.attacker.limits, pids: Number.POSITIVE_INFINITY }
    let exhausted = 0
    const answer = (attempt: Attempt): Answer => {
      if (attempt.attack === 'fork' || attempt.attack === 'memory') exhausted++
      return usual(attempt)
    }
    const findings = await run({ answer }, { ...SCENE, attacker: { ...SCENE.attacker, limitsInForce } })
    expect(ids(findings, 'broken')).toEqual(['limits/totals'])
    expect(ids(findings, 'not tried').every((id) => id.startsWith('exhaustion/'))).toBe(true)
    expect(exhausted).toBe(0)
  })

  it('sees a neighbour that was disturbed, and one that was only a little slower', async () => {
    const attacked = async (latency: Latency) => ids(await run({ during: () => latency }), 'broken')
    const slow = await attacked({ p99Ms: 400, asked: 150, unanswered: 0 })
    expect(slow.length).toBeGreaterThan(5)
    expect(slow.every((id) => id.startsWith('exhaustion/'))).toBe(true)
    expect(await attacked({ p99Ms: 200, asked: 150, unanswered: 0 })).toEqual([])
    expect(await attacked({ p99Ms: 5, asked: 150, unanswered: 9 })).toEqual(slow)
  })

  it('takes for a disturbance only what is seen twice', async () => {
    let times = 0
    const during = (): Latency => (times++ === 0 ? { p99Ms: 400, asked: 150, unanswered: 0 } : CALM)
    expect(ids(await run({ during }), 'broken')).toEqual([])
  })

  it('sees output that the engine keeps without end', async () => {
    expect(ids(await run({ keptLogBytes: 32 * 1024 * 1024 }), 'broken')).toEqual(['exhaustion/log'])
  })
})
