import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { engineClient } from '../src/drivers/engine/engine-client.ts'
import { runProgram } from '../src/drivers/host/program.ts'
import { tenantLayout } from '../src/plan/settings.ts'
import type { BenchTenant } from './tenant.ts'

/** Networks that every engine has. */
const BUILT_IN: ReadonlySet<string> = new Set(['bridge', 'host', 'none'])

const emptyDirectories = async ({ settings, desired }: BenchTenant): Promise<void> => {
  const { data, sockets } = tenantLayout(settings, desired.account)
  const paths = desired.directories.map(({ path }) => path)
  const standing = new Set(paths)
  for (const path of paths.filter((one) => one.startsWith(`${data}/`) || one.startsWith(`${sockets}`)))
    for (const entry of await readdir(path))
      if (!standing.has(join(path, entry))) await rm(join(path, entry), { recursive: true, force: true })
}

/**
 * Takes the tenant back to a warm engine with images alone, whoever made what is in it: no containers, no networks, no
 * data of services. What is still to be written to disk is written, so that nobody pays for what went before.
 */
export const emptyEngine = async (tenant: BenchTenant): Promise<void> => {
  await engineClient(tenant.settings, undefined)(tenant.desired.account, async ({ docker }) => {
    const containers = await docker.listContainers({ all: true })
    await Promise.all(containers.map(({ Id }) => docker.getContainer(Id).remove({ force: true, v: true })))
    const networks = (await docker.listNetworks()).filter(({ Name }) => !BUILT_IN.has(Name))
    for (const { Id } of networks) await docker.getNetwork(Id).remove()
  })
  await emptyDirectories(tenant)
  await runProgram('sync', [])
}
