import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { pingEngine } from '../../src/drivers/host/engine-ping.ts'
import { identify } from '../../src/drivers/host/process-identity.ts'
import { runProgram } from '../../src/drivers/host/program.ts'
import { tenantLayout } from '../../src/plan/settings.ts'
import {
  cgroups,
  engineProcesses,
  eventually,
  limits,
  nics,
  raiseSandbox,
  raze,
  removeDirectories,
  sandboxes,
  settings,
  tenant,
} from './host-scene.ts'
import { reach } from './host-sockets.ts'

const it = tenant('ptcengine', 50)
const { account, allocation } = it
const { engineSocket, engineFile, holderFile, logs } = tenantLayout(settings, account)
const MEBIBYTE = 1024 * 1024

const docker = async (...args: string[]): Promise<string> =>
  (await runProgram('docker', ['--host', `unix://${engineSocket}`, ...args], { timeoutMs: 60_000 })).trim()

const commandOf = (pid: number): string | undefined => identify(pid) && readFileSync(`/proc/${pid}/comm`, 'utf8').trim()

const engineProcess = (command: string): number => {
  const pid = cgroups.engineProcesses(account).find((candidate) => commandOf(candidate) === command)
  if (pid === undefined) throw new Error(`no ${command} in the engine leaf`)
  return pid
}

const kill = async (pid: number): Promise<void> => {
  process.kill(pid, 'SIGKILL')
  await eventually(`process ${pid} ends`, () => identify(pid) === undefined)
}

/** A web server in a container, on port 80 of the tenant's address. */
const runWebServer = async (): Promise<string> => {
  const bounds = ['--cpus', '0.5', '--memory', '64m', '--memory-swap', '64m', '--pids-limit', '50']
  const port = ['--network', 'www', '--publish', `${allocation.tenantAddress}:80:80`]
  const command = ['/bin/busybox', 'nc', '-ll', '-p', '80', '-e', '/bin/busybox', 'echo', 'served']
  return docker('run', '--detach', '--name', 'web', ...bounds, ...port, 'busybox', ...command)
}

const served = async (): Promise<boolean> => (await reach(process.pid, allocation.tenantAddress, 80)) === 'served'

const makeImage = async (): Promise<void> => {
  const directory = mkdtempSync(join(tmpdir(), 'ptc-image-'))
  try {
    const archive = join(directory, 'busybox.tar')
    await runProgram('tar', ['--create', '--file', archive, '--directory', '/usr', 'bin/busybox'])
    await docker('import', archive, 'busybox')
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

beforeAll(async () => {
  await raiseSandbox(it)
  await nics.attach(account, allocation)
  await engineProcesses.start(account, allocation)
  await makeImage()
  await docker('network', 'create', '--subnet', '172.30.0.0/24', 'www')
})
afterAll(async () => {
  await raze(it)
  removeDirectories()
})

describe('the engine of a tenant', () => {
  let container = ''
  beforeEach(async () => {
    await engineProcesses.start(account, allocation)
    container = await runWebServer()
    await eventually('the container serves', served)
  })
  afterEach(async () => {
    await engineProcesses.start(account, allocation)
    await docker('rm', '--force', 'web')
  })

  test('answers on its socket, as the tenant outside', async () => {
    const { uid } = allocation
    expect(await engineProcesses.observe(account)).toBe('running')
    expect(await docker('info', '--format', '{{.Driver}} {{.CgroupDriver}} {{.LiveRestoreEnabled}}')).toBe(
      'overlay2 cgroupfs true',
    )
    expect(readFileSync(`/proc/${engineProcess('dockerd')}/status`, 'utf8')).toMatch(new RegExp(`Uid:\\s+${uid}\\s`))
  })

  test('has its containers limited by the kernel, below the limits of the tenant', async () => {
    const observed = await cgroups.observeServices(account, [container, 'f'.repeat(64)])
    expect([...observed]).toEqual([[container, { cpuMillis: 500, memoryBytes: 64 * MEBIBYTE, pids: 50 }]])
    await docker('update', '--cpus', '0.25', '--memory', '32m', '--memory-swap', '32m', '--pids-limit', '20', 'web')
    const updated = await cgroups.observeServices(account, [container])
    expect(updated.get(container)).toEqual({ cpuMillis: 250, memoryBytes: 32 * MEBIBYTE, pids: 20 })
    expect(await cgroups.observe(account)).toEqual(limits)
  })

  test.each([
    ['dockerd', ['dockerd']],
    ['containerd', ['containerd']],
    ['dockerd and containerd', ['dockerd', 'containerd']],
  ])('comes back after %s was killed, and its containers never stopped', async (_what, commands) => {
    const init = await docker('inspect', '--format', '{{.State.Pid}}', 'web')
    for (const pid of commands.map(engineProcess)) await kill(pid)
    expect(await served()).toBe(true)
    expect(await engineProcesses.observe(account)).toBe('stopped')
    await engineProcesses.start(account, allocation)
    expect(await served()).toBe(true)
    expect(await docker('inspect', '--format', '{{.State.Pid}} {{.State.Running}}', 'web')).toBe(`${init} true`)
    expect(await docker('exec', 'web', '/bin/busybox', 'echo', 'inside')).toBe('inside')
  })

  test('is stopped without its containers, and leaves no process but what serves these', async () => {
    await engineProcesses.stop(account)
    expect(await engineProcesses.observe(account)).toBe('stopped')
    expect(await pingEngine(engineSocket)).toBe(false)
    expect(await served()).toBe(true)
    const left = cgroups.engineProcesses(account).map(commandOf)
    expect(left.toSorted()).toEqual(['containerd-shim', 'sleep'])
  })

  test('is not mistaken for a process that got its id', async () => {
    await engineProcesses.stop(account)
    writeFileSync(engineFile, JSON.stringify({ pid: process.pid, startTime: '1' }))
    expect(await engineProcesses.observe(account)).toBe('stopped')
    await engineProcesses.start(account, allocation)
    expect(await docker('ps', '--format', '{{.Names}}')).toBe('web')
  })

  test('starts where a former one left a file that names a living process', async () => {
    const sandbox = await sandboxes.observe(account)
    if (sandbox === 'absent') throw new Error('no sandbox')
    await kill(engineProcess('dockerd'))
    writeFileSync(`/proc/${sandbox.pid}/root/run/dockerd.pid`, `${sandbox.pid}`)
    await engineProcesses.start(account, allocation)
    expect(await engineProcesses.observe(account)).toBe('running')
  })

  test('starts a container that a former one was killed over', async () => {
    const half = await docker('create', '--name', 'half', 'busybox', '/bin/busybox', 'sleep', '600')
    try {
      const dockerd = engineProcess('dockerd')
      const starting = docker('start', 'half').catch(() => undefined)
      await eventually('runc makes it', () =>
        cgroups.serviceProcesses(account, half).some((pid) => commandOf(pid)?.startsWith('runc:[')),
      )
      await kill(dockerd)
      await starting
      await engineProcesses.start(account, allocation)
      await docker('start', 'half')
      expect(await docker('inspect', '--format', '{{.State.Running}}', 'half')).toBe('true')
      expect(await served()).toBe(true)
    } finally {
      await docker('rm', '--force', 'half')
    }
  })

  test('goes with its containers when the sandbox is stopped', async () => {
    const pids = [engineProcess('dockerd'), Number(await docker('inspect', '--format', '{{.State.Pid}}', 'web'))]
    await sandboxes.stop(account)
    for (const pid of pids) expect(identify(pid)).toBeUndefined()
    expect(existsSync(dirname(holderFile))).toBe(false)
    await sandboxes.start(account, allocation)
    await nics.attach(account, allocation)
    await engineProcesses.start(account, allocation)
  })
})

test('an engine that can not start says why, with its last words', async () => {
  await engineProcesses.stop(account)
  const blocked = join(tenantLayout(settings, account).engineData, 'overlay2')
  const aside = `${blocked}.aside`
  await runProgram('mv', [blocked, aside])
  writeFileSync(blocked, 'no directory')
  try {
    await expect(engineProcesses.start(account, allocation)).rejects.toThrow(/ended while starting[\s\S]*graphdriver/)
    expect(await engineProcesses.observe(account)).toBe('stopped')
    expect(readFileSync(join(logs, 'engine.log'), 'utf8')).toContain('graphdriver')
  } finally {
    rmSync(blocked)
    await runProgram('mv', [aside, blocked])
  }
})
