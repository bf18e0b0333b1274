import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { systemClock } from '../../src/drivers/clock.ts'
import { dockerEngines } from '../../src/drivers/engine/docker-engines.ts'
import { type HostSettings, tenantLayout } from '../../src/plan/settings.ts'
import type { EngineEvent, Engines } from '../../src/ports/engine.ts'
import { enginesContract } from '../contract/engines.ts'
import { idleContainer } from '../contract/engines-under-test.ts'
import { type DockerEngine, startDockerEngine } from '../fixtures/docker-engine.ts'
import { eventually } from '../fixtures/eventually.ts'
import { testSettings } from '../fixtures/host-settings.ts'

const run = promisify(execFile)

const ACCOUNT = 'alice'
const IMAGE = 'palisade-test/busybox:1'
const never = new AbortController().signal

let directory: string
let settings: HostSettings
let engine: DockerEngine
let engines: Engines

/** A root file system of one program, and a `docker load` archive of it. */
const importImage = async (): Promise<void> => {
  const root = join(directory, 'root')
  await mkdir(join(root, 'bin'), { recursive: true })
  await copyFile('/bin/busybox', join(root, 'bin/busybox'))
  const programs = [
    'sh',
    'sleep',
    'true',
    'false',
    'cat',
    'id',
    'echo',
    'seq',
    'mount',
    'grep',
    'touch',
    'test',
    'hostname',
  ]
  for (const program of programs) await symlink('busybox', join(root, 'bin', program))
  await run('tar', ['--create', '--file', join(directory, 'root.tar'), '--directory', root, '.'])
  await engine.docker('import', '--change', 'CMD ["sh"]', join(directory, 'root.tar'), IMAGE)
  await engine.docker('save', '--output', join(directory, 'image.tar'), IMAGE)
}

const clear = async (): Promise<void> => {
  const containers = (await engine.docker('ps', '--all', '--quiet')).split('\n').filter((id) => id !== '')
  if (containers.length > 0) await engine.docker('rm', '--force', ...containers)
  await engine.docker('network', 'prune', '--force')
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'palisade-engine-'))
  settings = testSettings(directory)
  engine = await startDockerEngine({
    socket: tenantLayout(settings, ACCOUNT).engineSocket,
    directory: join(directory, 'engine'),
    cgroupParent: '/pltest-d',
  })
  engines = dockerEngines(settings, systemClock, undefined)
  await importImage()
})

afterAll(async () => {
  await engine.stop()
  await rm(directory, { recursive: true, force: true })
})

/** Ids, of what bears no label of ours. */
const foreign = async (): Promise<string[]> => {
  const containers = await engine.docker('ps', '--no-trunc', '--format', '{{.ID}} {{.Labels}}')
  const networks = await engine.docker(
    'network',
    'ls',
    '--no-trunc',
    '--filter',
    'type=custom',
    '--format',
    '{{.ID}} {{.Labels}}',
  )
  return `${containers}\n${networks}`.split('\n').filter((line) => line !== '' && !line.includes('palisade.dev'))
}

enginesContract('dockerEngines', async () => ({
  engines,
  account: ACCOUNT,
  image: IMAGE,
  archive: join(directory, 'image.tar'),
  async removeImage() {
    await engine.docker('rmi', '--force', IMAGE)
  },
  async makeForeign(type, name) {
    if (type === 'network') await engine.docker('network', 'create', name)
    else await engine.docker('run', '--detach', '--name', name, '--network', 'none', IMAGE, 'sleep', '1000')
  },
  foreign,
  // Its command does it.
  crash: async () => undefined,
  async pause(container) {
    await engine.docker('pause', container)
  },
  clear,
}))

describe('dockerEngines', () => {
  afterEach(async () => {
    vi.unstubAllEnvs()
    await clear()
  })

  const inside = (...command: string[]) => engine.docker('exec', 'idle', ...command)

  it('fences a service in', async () => {
    const source = join(tenantLayout(settings, ACCOUNT).sites, 'alice.example')
    await mkdir(source, { recursive: true })
    await writeFile(join(source, 'page'), 'hello')
    const mounts = [{ source, target: '/site', readOnly: true }]
    await engines.createContainer(ACCOUNT, idleContainer(IMAGE, { mounts, environment: { A: 'b=c d' } }), 'a')
    expect(await inside('id', '-u')).toBe('33')
    expect(await inside('hostname')).toBe('idle')
    expect(await inside('sh', '-c', 'echo "$A"')).toBe('b=c d')
    expect(await inside('cat', '/site/page')).toBe('hello')
    const status = await inside('cat', '/proc/1/status')
    expect(status).toMatch(/^CapPrm:\s0+$/m)
    expect(status).toMatch(/^CapBnd:\s0+$/m)
    expect(status).toMatch(/^NoNewPrivs:\s1$/m)
    const mountTable = await inside('cat', '/proc/mounts')
    expect(mountTable).toMatch(/^\S+ \/ overlay ro,/m)
    expect(mountTable).toMatch(/^\S+ \/site \S+ ro,/m)
    expect(mountTable).toMatch(/^tmpfs \/tmp tmpfs rw,nosuid,nodev,noexec,\S*size=1024k,mode=700,uid=33,gid=33/m)
    await expect(inside('touch', '/x')).rejects.toThrow(/Read-only file system/)
    await expect(inside('touch', '/site/x')).rejects.toThrow(/Read-only file system/)
  })

  it("refuses a service that would see more than its part of the tenant's tree, and touches nothing", async () => {
    await engines.createContainer(ACCOUNT, idleContainer(IMAGE), 'a')
    const before = (await engines.observe(ACCOUNT)).containers
    const { tree, engineSocket } = tenantLayout(settings, ACCOUNT)
    for (const source of ['/', '/etc', tree, engineSocket, tenantLayout(settings, 'bob').sites]) {
      const greedy = idleContainer(IMAGE, { mounts: [{ source, target: '/mnt', readOnly: true }] })
      const refused = { name: 'TerminalError', reason: 'MountRefused' }
      await expect(engines.createContainer(ACCOUNT, greedy, 'b')).rejects.toMatchObject(refused)
      await expect(engines.startJob(ACCOUNT, { ...greedy, name: 'job-x' })).rejects.toMatchObject(refused)
    }
    expect((await engines.observe(ACCOUNT)).containers).toEqual(before)
  })

  it('sets limits in the kernel, and changes them live', async () => {
    await engines.createContainer(ACCOUNT, idleContainer(IMAGE), 'a')
    const limits = () =>
      engine.docker(
        'inspect',
        '--format',
        '{{.HostConfig.Memory}} {{.HostConfig.MemorySwap}} {{.HostConfig.CpuQuota}} {{.HostConfig.PidsLimit}}',
        'idle',
      )
    expect(await limits()).toBe('33554432 33554432 50000 16')
    const started = await engine.docker('inspect', '--format', '{{.State.StartedAt}}', 'idle')
    await engines.updateContainer(ACCOUNT, 'idle', { cpuMillis: 250, memoryBytes: 16 * 1024 * 1024, pids: 8 })
    expect(await limits()).toBe('16777216 16777216 25000 8')
    expect(await engine.docker('inspect', '--format', '{{.State.StartedAt}}', 'idle')).toBe(started)
  })

  it('reads what a service wrote to both streams', async () => {
    const command = ['sh', '-c', 'echo "err é" >&2; for n in $(seq 200); do echo out $n; done; exec sleep 1000']
    await engines.createContainer(ACCOUNT, idleContainer(IMAGE, { command, stopTimeoutSeconds: 0 }), 'a')
    const lines = async (count: number) => (await engines.logs(ACCOUNT, 'idle', count)).trimEnd().split('\n')
    await expect.poll(() => lines(1000), { timeout: 20_000 }).toHaveLength(201)
    expect(await lines(1000)).toEqual(expect.arrayContaining(['err é', 'out 1', 'out 200']))
    expect(await lines(2)).toHaveLength(2)
  })

  it('signals a service', async () => {
    await engines.createContainer(ACCOUNT, idleContainer(IMAGE), 'a')
    await expect.poll(() => engines.logs(ACCOUNT, 'idle', 1), { timeout: 20_000 }).toBe('started\n')
    await engines.signal(ACCOUNT, 'idle', 'SIGHUP')
    await expect.poll(() => engines.logs(ACCOUNT, 'idle', 1), { timeout: 20_000 }).toBe('reloaded\n')
  })

  describe('a job', () => {
    const job = (...command: readonly string[]) =>
      idleContainer(IMAGE, { name: 'job-alice.example', service: 'job-alice.example', command })
    const end = (timeoutMs = 60_000) => engines.awaitJob(ACCOUNT, 'job-alice.example', timeoutMs, never)

    it('is not begun by the entry point of its image', async () => {
      const name = 'palisade-test/entry:1'
      await engine.docker('import', '--change', 'ENTRYPOINT ["echo", "intruder"]', join(directory, 'root.tar'), name)
      await engines.startJob(ACCOUNT, { ...job('id', '-u'), image: { name, sources: [] } })
      expect(await end()).toMatchObject({ result: 'Succeeded', output: '33\n' })
    })

    it('is told to end before it is killed, and keeps its last words', async () => {
      const script = 'trap "echo ending; exit 7" TERM; echo begun; while :; do sleep 1 & wait; done'
      await engines.startJob(ACCOUNT, job('sh', '-c', script))
      expect(await end(2_000)).toMatchObject({ result: 'TimedOut', exitCode: 7, output: 'begun\nending\n' })
    })

    it('dies of its own limit of memory alone', async () => {
      await engines.startJob(ACCOUNT, job('sh', '-c', 'x=0123456789abcdef; while :; do x="$x$x"; done'))
      expect(await end()).toMatchObject({ result: 'OutOfMemory', exitCode: 137 })
    })

    it('has its last 4 KiB told, however much it prints', async () => {
      await engines.startJob(ACCOUNT, job('sh', '-c', 'seq 100000'))
      const { output = '' } = (await end()) ?? {}
      expect(output).toHaveLength(4096)
      expect(output.endsWith('\n99999\n100000\n')).toBe(true)
    })

    it('is no hint that something of the account has changed', async () => {
      const network = {
        type: 'network',
        name: 'www',
        subnet: '172.30.0.0/24',
        dynamicRange: '172.30.0.128/25',
        ipv6Subnet: 'none',
      } as const
      await engines.createNetwork(ACCOUNT, { ...network, internal: true })
      const controller = new AbortController()
      const seen: EngineEvent[] = []
      const watching = (async () => {
        for await (const event of engines.events(ACCOUNT, controller.signal)) seen.push(event)
      })()
      await eventually('events are told', async () => {
        await engines.createContainer(ACCOUNT, idleContainer(IMAGE), 'a')
        await engines.removeContainer(ACCOUNT, 'idle')
        return seen.some(({ action }) => action === 'destroy')
      })
      seen.length = 0
      await engines.startJob(ACCOUNT, { ...job('true'), networks: [{ network: 'www', aliases: [] }] })
      await end()
      await engines.removeNetwork(ACCOUNT, 'www')
      await eventually('the end of the network is told', async () => seen.some(({ name }) => name === 'www'))
      controller.abort()
      await watching
      expect(seen.map(({ type, action }) => `${type} ${action}`)).toEqual(['network destroy', 'disconnected abort'])
    })
  })

  const probe = async (command: readonly [string, ...string[]], timeoutMs: number, signal = never) => {
    const container = idleContainer(IMAGE, { health: { command, timeoutMs, intervalMs: 60_000, retries: 3 } })
    await engines.createContainer(ACCOUNT, container, 'a')
    return engines.probe(ACCOUNT, container, signal)
  }

  it('gives the output of a health check that failed, cut at 4 KiB', async () => {
    const { verdict, output } = await probe(['sh', '-c', 'seq 10000; false'], 10_000)
    expect(verdict).toBe('unhealthy')
    expect(output).toHaveLength(4096)
    expect(output.startsWith('1\n2\n3\n')).toBe(true)
  })

  it('gives a health check no more than its time', async () => {
    expect(await probe(['sleep', '30'], 500)).toMatchObject({
      verdict: 'unhealthy',
      output: 'the check did not end within 500 ms',
    })
  })

  it('stops waiting for a health check when told to', async () => {
    await expect(probe(['sleep', '30'], 30_000, AbortSignal.abort(new Error('stop now')))).rejects.toThrow('stop now')
  })

  it('says when an archive is no archive', async () => {
    await expect(engines.loadImage(ACCOUNT, IMAGE, '/bin/busybox')).rejects.toThrow()
  })

  it("asks the tenant's engine, whatever DOCKER_HOST says", async () => {
    vi.stubEnv('DOCKER_HOST', 'tcp://127.0.0.1:1')
    expect((await engines.observe(ACCOUNT)).images.has(IMAGE)).toBe(true)
  })

  it('is not led to another socket', async () => {
    const socket = tenantLayout(settings, 'mallory').engineSocket
    await mkdir(join(socket, '..'), { recursive: true })
    await symlink(tenantLayout(settings, ACCOUNT).engineSocket, socket)
    const refused = { name: 'TerminalError', reason: 'SocketRefused' }
    await expect(engines.observe('mallory')).rejects.toMatchObject(refused)
    await rm(socket)
    await writeFile(`${socket}.new`, '')
    await rename(`${socket}.new`, socket)
    await expect(engines.observe('mallory')).rejects.toMatchObject(refused)
  })
})
