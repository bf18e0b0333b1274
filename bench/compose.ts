import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ownership } from '../src/drivers/engine/labels.ts'
import { runProgram } from '../src/drivers/host/program.ts'
import { composeFile } from './compose-file.ts'
import type { BenchTenant } from './tenant.ts'

const UP_MS = 120_000

/** `docker compose up -d` on the tenant's engine; resolves when it returned, as the containers are started then. */
export type ComposeUp = (signal: AbortSignal) => Promise<void>

/** Writes the tenant's compose file, and answers how to bring it up. */
export const prepareCompose = async (tenant: BenchTenant, plugin: string): Promise<ComposeUp> => {
  const { desired, settings, directory, engineSocket } = tenant
  const file = join(directory, 'compose.json')
  await writeFile(file, composeFile(desired, ownership(settings.instance, desired.account)))
  const environment = {
    DOCKER_HOST: `unix://${engineSocket}`,
    DOCKER_CONFIG: join(directory, 'docker'),
    HOME: directory,
  }
  const args = ['--project-name', desired.account, '--file', file, 'up', '--detach']
  return async (signal) => void (await runProgram(plugin, args, { signal, timeoutMs: UP_MS, environment }))
}
