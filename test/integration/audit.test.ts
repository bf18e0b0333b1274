import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { allRules } from '../../src/audit/all-rules.ts'
import type { Judgement } from '../../src/audit/judge.ts'
import { eventually } from '../fixtures/eventually.ts'
import { type Installation, installation } from '../fixtures/installation.ts'

const ACCOUNT = 'pl1audit'
const BY_HAND = 'byhand'
const SITE = 'audit.localhost'

const SPEC = {
  apiVersion: 'palisade.dev/v1',
  kind: 'Account',
  metadata: { name: ACCOUNT },
  spec: {
    limits: { cpu: '1', memory: '1Gi', pids: 512 },
    web: { server: 'nginx' },
    sites: [
      {
        domain: SITE,
        runtime: { php: '8.2' },
        caches: ['redis'],
        cron: [{ name: 'long', schedule: '0 0 1 1 *', command: ['sleep', '600'] }],
      },
    ],
    caches: [{ engine: 'redis', memory: '64Mi' }],
  },
}

const NO_NETWORK = ['--network', 'none']

const HARDENED = [
  ...['--user', '33:33', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges', '--read-only'],
  ...['--memory', '32m', '--memory-swap', '32m', '--cpus', '0.5', '--pids-limit', '16'],
  ...['--ulimit', 'nofile=1024:1024', '--health-cmd', 'true'],
]

/** What one option of `docker run` breaks. */
const BREAKS: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  [
    'the network mode host',
    ['--network', 'host'],
    ['CIS-5.10', 'PSS-baseline-host-namespaces', 'PSS-baseline-host-ports'],
  ],
  ['the UTS mode host', [...NO_NETWORK, '--uts', 'host'], ['CIS-5.21']],
  [
    'a capability',
    [...NO_NETWORK, '--cap-add', 'NET_ADMIN'],
    ['CIS-5.4', 'CIS-5.23', 'PSS-baseline-capabilities', 'PSS-restricted-capabilities'],
  ],
  [
    'no seccomp profile',
    [...NO_NETWORK, '--security-opt', 'seccomp=unconfined'],
    ['CIS-5.22', 'PSS-baseline-seccomp', 'PSS-restricted-seccomp'],
  ],
  [
    'the user root',
    [...NO_NETWORK, '--user', '0:0'],
    ['CIS-5.24', 'PSS-restricted-run-as-non-root', 'PSS-restricted-run-as-user'],
  ],
  [
    'a directory of the host',
    [...NO_NETWORK, '--volume', '/etc:/mnt:ro'],
    ['CIS-5.6', 'PSS-baseline-host-path', 'PSS-restricted-volume-types'],
  ],
  [
    "the engine's socket",
    [...NO_NETWORK, '--volume', '/run/palisade/docker.sock:/docker.sock'],
    ['CIS-5.6', 'CIS-5.32', 'PSS-baseline-host-path', 'PSS-restricted-volume-types'],
  ],
  ['a port on every address', ['--network', 'www', '--publish', '8099:80'], ['CIS-5.9', 'CIS-5.14']],
  ['endless restarts', [...NO_NETWORK, '--restart', 'always'], ['CIS-5.15']],
  ['another control group', [...NO_NETWORK, '--cgroup-parent', `/pl1/${ACCOUNT}/services/other`], ['CIS-5.25']],
]

describe('palisade audit', () => {
  let palisade: Installation
  let image = ''

  const docker = async (...args: string[]): Promise<string> => {
    const { code, out, err } = await palisade.program('docker', '--context', ACCOUNT, ...args)
    if (code !== 0) throw new Error(`docker ${args.join(' ')}: ${err}`)
    return out.trim()
  }
  const audit = async (): Promise<{ readonly code: number; readonly judgements: readonly Judgement[] }> => {
    const { code, out, err } = await palisade.cli('audit', ACCOUNT, '--output', 'json')
    if (out === '') throw new Error(`audit: ${err}`)
    return { code, judgements: JSON.parse(out).items }
  }
  const findingsOf = async (container: string): Promise<readonly string[]> =>
    (await audit()).judgements
      .filter((judgement) => judgement.container === container && judgement.result === 'fail')
      .map(({ rule }) => rule)
  const runByHand = (...options: readonly string[]): Promise<string> =>
    docker('run', '--detach', '--name', BY_HAND, '--entrypoint', 'sleep', ...options, image, '600')

  beforeAll(async () => {
    palisade = await installation({ instance: 'pl1', ipv4Pool: '10.110.0.0/16', uidBase: 1_060_000_000 })
    await writeFile(join(palisade.paths.specs, 'account.yaml'), JSON.stringify(SPEC))
    await palisade.start()
    const { code, err } = await palisade.cli('wait', ACCOUNT, '--for=Ready', '--timeout', '10m')
    expect(err + code).toMatch(/0$/)
    image = await docker('inspect', '--format', '{{.Config.Image}}', 'nginx')
  }, 900_000)

  afterEach(async () => {
    await palisade.program('docker', '--context', ACCOUNT, 'rm', '--force', BY_HAND)
  })

  afterAll(async () => {
    await palisade?.remove()
  }, 300_000)

  it('finds nothing on the services that Palisade made, nor on its jobs', async () => {
    const run = palisade.cli('jobs', 'run', ACCOUNT, SITE, 'long')
    await eventually(
      'the job runs',
      async () => (await docker('ps', '--format', '{{.Names}}')).includes('job-'),
      60_000,
    )
    const { code, judgements } = await audit()
    expect(judgements.filter(({ result }) => result === 'fail')).toEqual([])
    expect(code).toBe(0)
    expect(new Set(judgements.map(({ container }) => container)).size).toBe(4)
    await docker('kill', await docker('ps', '--quiet', '--filter', 'name=job-'))
    await run
  })

  it('tells every rule of every service, and prints what it saw', async () => {
    const { code, out } = await palisade.cli('audit', ACCOUNT, '--output', 'wide')
    expect(code).toBe(0)
    for (const rule of allRules) expect(out).toMatch(new RegExp(`nginx +${rule.id} +(pass|not-applicable) +\\S`))
  })

  it('tells what the kernel has of a service: no capability, a filter, no new privileges, bounded files', async () => {
    const pids = (
      await docker('inspect', '--format', '{{.State.Pid}}', ...(await docker('ps', '-q')).split('\n'))
    ).split('\n')
    for (const pid of pids) {
      const status = await readFile(`/proc/${pid}/status`, 'utf8')
      for (const line of ['CapEff:\t0000000000000000', 'CapBnd:\t0000000000000000', 'NoNewPrivs:\t1', 'Seccomp:\t2'])
        expect(status).toContain(line)
      const limits = await readFile(`/proc/${pid}/limits`, 'utf8')
      expect(limits).toMatch(/Max open files +16384 +16384/)
      expect(limits).toMatch(/Max core file size +0 +0/)
    }
  })

  it('finds nothing on a container that somebody hardened by hand', async () => {
    await runByHand(...HARDENED, '--network', 'none')
    expect(await findingsOf(BY_HAND)).toEqual([])
  })

  it.each(BREAKS)('finds what %s breaks, and no more', async (_, options, rules) => {
    await runByHand(...HARDENED, ...options)
    expect(await findingsOf(BY_HAND)).toEqual(rules)
  })

  it.each(['--pid', '--ipc'])('has no container to find with %s host: the kernel refuses it', async (option) => {
    await expect(runByHand(...HARDENED, ...NO_NETWORK, option, 'host')).rejects.toThrow(/not permitted/)
  })

  it('finds a command that docker exec gave privileges', async () => {
    await runByHand(...HARDENED, '--network', 'none')
    await docker('exec', '--detach', '--privileged', '--user', '0', BY_HAND, 'sleep', '600')
    expect(await findingsOf(BY_HAND)).toEqual(expect.arrayContaining(['CIS-5.23', 'CIS-5.24']))
  })

  it('finds a container without any of it, says what to do, and ends with a code of its own', async () => {
    await runByHand('--privileged', '--network', 'host', '--volume', '/:/host')
    const { code, out } = await palisade.cli('audit', ACCOUNT)
    expect(code).toBe(5)
    for (const text of [
      'critical',
      'CIS-5.5',
      'made with --privileged',
      'remove the container',
      `${ACCOUNT}/${BY_HAND}`,
    ])
      expect(out).toContain(text)
    const rules = ['4', '5', '6', '10', '11', '12', '13', '18', '22', '23', '24', '26', '27', '29', '32']
    expect(await findingsOf(BY_HAND)).toEqual(expect.arrayContaining(rules.map((number) => `CIS-5.${number}`)))
  })

  it('says so of an account that there is not', async () => {
    const { code, err } = await palisade.cli('audit', 'pl1nobody')
    expect(code).toBe(3)
    expect(err).toContain('pl1nobody')
  })
})
