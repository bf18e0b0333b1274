import { existsSync, readFileSync } from 'node:fs'
import { chmod, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../fixtures/eventually.ts'
import { type Installation, installation } from '../fixtures/installation.ts'

const ACCOUNT = 'pl1class'
/** gVisor's program, which is looked for in the PATH of the operator. */
const RUNSC = '/usr/local/sbin/runsc'
/** Below the sandbox's own /run. */
const CALLS = '/run/runsc-calls'

/** What the engine starts in place of gVisor: runs containers by runc, and leaves a trace. */
const STAND_IN = `#!/bin/sh
echo "$@" >>${CALLS}
exec runc "$@"
`

const spec = (runtimeClass: string) =>
  JSON.stringify({
    apiVersion: 'palisade.dev/v1',
    kind: 'Account',
    metadata: { name: ACCOUNT },
    spec: { web: { server: 'nginx' }, sites: [{ domain: 'class.localhost' }], runtimeClass },
  })

describe('the runtime class of an account', () => {
  let palisade: Installation

  const become = async (runtimeClass: string): Promise<void> => {
    const file = join(palisade.paths.specs, 'account.yaml')
    await writeFile(`${file}.new`, spec(runtimeClass))
    await rename(`${file}.new`, file)
  }
  const docker = async (...args: string[]): Promise<string> =>
    (await palisade.program('docker', '--context', ACCOUNT, ...args)).out.trim()
  const runtime = () => docker('inspect', '--format', '{{.HostConfig.Runtime}} {{.State.Running}}', 'nginx')
  const ready = async () => {
    const { code, err } = await palisade.cli('wait', ACCOUNT, '--for=Ready', '--timeout', '3m')
    expect(err + code).toMatch(/0$/)
  }
  const calls = (): string => {
    const holder = JSON.parse(readFileSync(join(palisade.paths.run, 'tenants', ACCOUNT, 'holder.json'), 'utf8'))
    const file = `/proc/${holder.pid}/root${CALLS}`
    return existsSync(file) ? readFileSync(file, 'utf8') : ''
  }

  beforeAll(async () => {
    if (existsSync(RUNSC)) throw new Error(`${RUNSC} stands here: this test would replace it`)
    palisade = await installation({ instance: 'pl1', ipv4Pool: '10.110.0.0/16', uidBase: 1_060_000_000 })
    await become('runc')
    await palisade.start()
    await ready()
  }, 600_000)

  afterAll(async () => {
    await palisade?.remove()
    await rm(RUNSC, { force: true })
  }, 300_000)

  it('is runc unless another one is asked for', async () => {
    expect(await runtime()).toBe('runc true')
  })

  it('is refused where it is not installed, with what to install; what runs goes on', async () => {
    const before = await docker('inspect', '--format', '{{.Id}} {{.State.StartedAt}}', 'nginx')
    await become('gvisor')
    await eventually('the refusal is told', async () =>
      (await palisade.cli('get', 'account', ACCOUNT, '--output', 'json')).out.includes('RuntimeNotInstalled'),
    )
    expect((await palisade.cli('describe', ACCOUNT)).out).toContain('needs runsc in the PATH')
    expect(await docker('inspect', '--format', '{{.Id}} {{.State.StartedAt}}', 'nginx')).toBe(before)
  })

  it('is in force once it is installed, without a new start of the engine', async () => {
    await writeFile(RUNSC, STAND_IN)
    await chmod(RUNSC, 0o755)
    expect(calls()).toBe('')
    await palisade.cli('reconcile', ACCOUNT)
    await ready()
    expect(await runtime()).toBe('runsc true')
    const id = await docker('inspect', '--format', '{{.Id}}', 'nginx')
    expect(calls()).toMatch(new RegExp(`create .*${id}`))
    expect(calls()).toMatch(new RegExp(`start .*${id}`))
  })

  it('is left again', async () => {
    await become('runc')
    await eventually('the container is of runc', async () => (await runtime()) === 'runc true', 60_000)
    await ready()
  })
})
