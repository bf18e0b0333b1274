import { createHash } from 'node:crypto'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type HostSettings, tenantLayout } from '../../plan/settings.ts'
import { TerminalError } from '../../ports/errors.ts'
import type { Contexts } from '../../ports/host.ts'
import { isAbsent } from './kernel-files.ts'
import type { RunProgram } from './program.ts'

export interface ContextsOptions {
  readonly settings: HostSettings
  readonly runProgram: RunProgram
  /** The administrator's directory of Docker client settings, usually `~/.docker`. */
  readonly dockerConfig: string
}

/** What the docker command writes about a context, as far as it matters here. */
interface ContextFile {
  readonly description: unknown
  readonly host: unknown
}

/** What a loss of power leaves of a file that was just written: the docker command does not wait for the disk. */
const NOTHING = /^\0*$/

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Object.entries(value).find(([key]) => key === name)?.[1] : undefined

const parseContext = (text: string): ContextFile => {
  const meta: unknown = JSON.parse(text)
  return {
    description: field(field(meta, 'Metadata'), 'Description'),
    host: field(field(field(meta, 'Endpoints'), 'docker'), 'Host'),
  }
}

/** Docker contexts by the docker command; observing reads its files, as docker/cli keeps them since 19.03. */
export const createContexts = ({ settings, runProgram, dockerConfig }: ContextsOptions): Contexts => {
  const description = `Palisade tenant of ${settings.instance}`
  const hostOf = (account: string) => `unix://${tenantLayout(settings, account).engineSocket}`
  const docker = (args: readonly string[]) =>
    runProgram('docker', ['context', ...args], { environment: { DOCKER_CONFIG: dockerConfig } })

  const directoryOf = (account: string): string =>
    join(dockerConfig, 'contexts', 'meta', createHash('sha256').update(account).digest('hex'))

  const look = async (account: string): Promise<'absent' | 'lost' | 'ours' | 'foreign'> => {
    try {
      const text = await readFile(join(directoryOf(account), 'meta.json'), 'utf8')
      if (NOTHING.test(text)) return 'lost'
      const context = parseContext(text)
      return context.description === description && context.host === hostOf(account) ? 'ours' : 'foreign'
    } catch (error) {
      if (isAbsent(error)) return 'absent'
      if (error instanceof SyntaxError) return 'foreign'
      throw error
    }
  }

  /** The docker command makes no context at all while it can't read each of them, and 20.10 doesn't remove such a one. */
  const clear = (account: string): Promise<void> => rm(directoryOf(account), { recursive: true, force: true })

  return {
    async observe(account) {
      const standing = await look(account)
      return standing === 'lost' ? 'absent' : standing
    },

    async create(account) {
      const standing = await look(account)
      if (standing === 'ours') return
      if (standing === 'lost') await clear(account)
      if (standing === 'foreign')
        throw new TerminalError('NameTaken', `a Docker context ${account} exists that is not Palisade's`)
      const endpoint = `host=${hostOf(account)}`
      await docker(['create', '--description', description, '--docker', endpoint, account])
    },

    async drop(account) {
      const standing = await look(account)
      if (standing === 'lost') await clear(account)
      if (standing === 'ours') await docker(['rm', '--force', account])
    },
  }
}
