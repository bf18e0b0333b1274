import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type Docker from 'dockerode'
import type { Attempted } from '../../isolation/ports.ts'
import type { Answer, Attempt } from '../../isolation/probe.ts'
import type { DesiredContainer, DesiredImage, RuntimeClass, ServiceLimits } from '../../plan/resources.ts'
import { containerOptions } from '../engine/container-options.ts'
import type { Engine } from '../engine/engine-client.ts'
import { doneOn } from '../engine/engine-errors.ts'
import { demultiplex } from '../engine/output.ts'
import { undefinedIfMissing } from '../system-error.ts'
import { attackLines, parseAnswers } from './attack-lines.ts'

export interface ServicePosition {
  readonly engine: Pick<Engine, 'docker' | 'fence'>
  readonly image: DesiredImage
  /** That of the account's services. */
  readonly runtime: RuntimeClass
  /** Text of the program that attacks. */
  readonly program: string
  /** Name of the network that the account's web server is on; none when it has none. */
  readonly network: string | undefined
  /** The engine's data on the host. */
  readonly engineData: string
  readonly limits: ServiceLimits
  readonly tmpBytes: number
  /** For whoever takes something of the fence away, to see that it is missed. */
  readonly alter: (options: Docker.ContainerCreateOptions) => Docker.ContainerCreateOptions
}

const NAME = 'palisade-probe'
/** As the code of sites runs. */
const APP_USER = { uid: 1000, gid: 1000 }
const TIMEOUT_MS = 180_000
const LAST_LINES = 2_000
const LABEL = 'palisade.dev/probe'

/** No service, and no job: passes leave it alone. */
const desiredProbe = ({ image, runtime, network, limits, tmpBytes }: ServicePosition): DesiredContainer => ({
  type: 'container',
  tier: 'backend',
  name: NAME,
  service: NAME,
  image,
  runtime,
  command: [],
  environment: {},
  workingDirectory: '/',
  user: APP_USER,
  mounts: [],
  tmpfs: [{ target: '/tmp', sizeBytes: tmpBytes, owner: APP_USER, mode: '0700', executable: false }],
  networks: network === undefined ? [] : [{ network, aliases: [] }],
  hosts: {},
  publish: [],
  health: { command: ['true'], intervalMs: 1_000, timeoutMs: 1_000, retries: 1 },
  limits,
  stopSignal: 'SIGKILL',
  stopTimeoutSeconds: 1,
  configFiles: [],
  reload: 'never',
})

/** As a job of the account would be made. */
const probeOptions = (position: ServicePosition, attempts: readonly Attempt[]): Docker.ContainerCreateOptions => {
  const options = containerOptions(desiredProbe(position), { [LABEL]: NAME }, position.engine.fence)
  return {
    ...options,
    Entrypoint: [],
    Cmd: ['perl', '-e', position.program, '--', ...attackLines(attempts)],
    Healthcheck: { Test: ['NONE'] },
    HostConfig: {
      ...options.HostConfig,
      RestartPolicy: { Name: 'no' },
      LogConfig: { Type: 'json-file', Config: { 'max-size': '1m', 'max-file': '2' } },
    },
  }
}

const HTTP_NOT_FOUND = 404

const removeProbe = (docker: Docker): Promise<unknown> =>
  docker.getContainer(NAME).remove({ force: true, v: true }).catch(doneOn(HTTP_NOT_FOUND))

/** 128 and the number of SIGKILL, as the container's `init` tells it. */
const KILLED = 137

/** Where memory is used up by what outlives the attack, such as files of a tmpfs, the kernel ends the attacker with it. */
const orEnded = (answer: Answer): Answer =>
  answer.outcome === 'failed' ? { outcome: 'refused', seen: 'the kernel ended the whole container' } : answer

const sizeOfLogs = async (engineData: string, id: string): Promise<number> => {
  const directory = join(engineData, 'containers', id)
  const names = (await readdir(directory).catch(undefinedIfMissing)) ?? []
  const sizes = names
    .filter((name) => name.startsWith(`${id}-json.log`))
    .map(async (name) => (await stat(join(directory, name)).catch(undefinedIfMissing))?.size ?? 0)
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}

/** Attacks from a container that has the fence of the account's services, made for it and removed again. */
export const attackFromService = async (
  position: ServicePosition,
  attempts: readonly Attempt[],
  signal: AbortSignal,
): Promise<Attempted> => {
  const { engine, engineData, alter } = position
  const { docker } = engine
  const abortSignal = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)])
  await removeProbe(docker)
  try {
    const container = await docker.createContainer(alter(probeOptions(position, attempts)))
    await container.start()
    const { StatusCode: exitCode } = await container.wait({ abortSignal })
    const output = demultiplex(await container.logs({ stdout: true, stderr: true, tail: LAST_LINES }))
    const answers = parseAnswers(output.toString(), attempts.length)
    return {
      answers: exitCode === KILLED && attempts.length === 1 ? answers.map(orEnded) : answers,
      keptLogBytes: await sizeOfLogs(engineData, container.id),
    }
  } finally {
    await removeProbe(docker)
  }
}
