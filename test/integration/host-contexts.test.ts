import { mkdtempSync, readdirSync, rmSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createContexts } from '../../src/drivers/host/contexts.ts'
import { runProgram } from '../../src/drivers/host/program.ts'
import { tenantLayout } from '../../src/plan/settings.ts'
import { describeContexts } from '../contract/host-contexts.ts'
import { settings } from './host-scene.ts'

const makeCase = async () => {
  const dockerConfig = mkdtempSync(join(tmpdir(), 'ptc-docker-'))
  const docker = (...args: string[]) => runProgram('docker', args, { environment: { DOCKER_CONFIG: dockerConfig } })
  return {
    docker,
    contexts: createContexts({ settings, runProgram, dockerConfig }),
    async makeForeign(account: string) {
      await docker('context', 'create', '--docker', 'host=unix:///run/elsewhere.sock', account)
    },
    async cutPower() {
      const contexts = join(dockerConfig, 'contexts', 'meta')
      for (const name of readdirSync(contexts)) truncateSync(join(contexts, name, 'meta.json'))
    },
    async end() {
      rmSync(dockerConfig, { recursive: true, force: true })
    },
  }
}

describeContexts('the docker command', makeCase)

test('the administrator gets to the socket of the tenant', async () => {
  const { contexts, docker, end } = await makeCase()
  try {
    await contexts.create('alice')
    const host = await docker('context', 'inspect', '--format', '{{.Endpoints.docker.Host}}', 'alice')
    expect(host.trim()).toBe(`unix://${tenantLayout(settings, 'alice').engineSocket}`)
  } finally {
    await end()
  }
})

test('a context that a loss of power left empty is made anew', async () => {
  const { contexts, cutPower, end } = await makeCase()
  try {
    await contexts.create('alice')
    await cutPower()
    expect(await contexts.observe('alice')).toBe('absent')
    await contexts.create('alice')
    expect(await contexts.observe('alice')).toBe('ours')
    await cutPower()
    await contexts.drop('alice')
    await contexts.create('bob')
    expect(await contexts.observe('bob')).toBe('ours')
  } finally {
    await end()
  }
})
