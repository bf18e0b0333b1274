import type Docker from 'dockerode'
import type { DesiredContainer } from '../../plan/resources.ts'
import type { JobRun } from '../../ports/engine.ts'
import { WaitingError } from '../../ports/errors.ts'
import type { Clock } from '../../ports/store.ts'
import { containerOptions } from './container-options.ts'
import { createAndStart, findOwn, makeRoom, remove } from './containers.ts'
import type { Engine } from './engine-client.ts'
import { doneOn } from './engine-errors.ts'
import { jobLabels } from './labels.ts'
import { logTail } from './logs.ts'

const RETRY_MS = 5_000
const MAX_OUTPUT_BYTES = 4 * 1024
/** Each line has at least its end. */
const MAX_OUTPUT_LINES = MAX_OUTPUT_BYTES

/** The image's entry point is left out: it may take the command for one of its own. */
const jobOptions = ({ owner, fence }: Engine, container: DesiredContainer): Docker.ContainerCreateOptions => {
  const options = containerOptions(container, jobLabels(owner, container.service), fence)
  return {
    ...options,
    Entrypoint: [],
    Healthcheck: { Test: ['NONE'] },
    HostConfig: {
      ...options.HostConfig,
      RestartPolicy: { Name: 'no' },
      AutoRemove: false,
      LogConfig: { Type: 'json-file', Config: { 'max-size': '1m', 'max-file': '1' } },
    },
  }
}

export const startJob = async (engine: Engine, container: DesiredContainer): Promise<void> => {
  const { name } = container
  const present = await findOwn(engine, name)
  if (present?.State.Running === true)
    throw new WaitingError('JobRunning', `the former run of ${name} has not ended`, RETRY_MS)
  await makeRoom(engine, name)
  await createAndStart(engine, container, jobOptions(engine, container))
}

/** False when it has not ended in time. */
const hasEnded = async (
  container: Docker.Container,
  leftMs: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<boolean> => {
  const over = new AbortController()
  const either = AbortSignal.any([signal, over.signal])
  try {
    return await Promise.race([
      container.wait({ abortSignal: either }).then(() => true),
      clock.sleep(Math.max(0, leftMs), either).then(() => false),
    ])
  } catch (error) {
    signal.throwIfAborted()
    throw error
  } finally {
    over.abort()
  }
}

/** 128 and the number of SIGKILL, as shells and `init` of the container tell it. */
const KILLED = 137

/**
 * The engine may hear of the kernel's kill after the end, and notes it nowhere then. Nobody else sends that signal to a job
 * that is in time.
 */
const resultOf = ({ ExitCode, OOMKilled }: Docker.ContainerInspectInfo['State'], inTime: boolean): JobRun['result'] => {
  if (!inTime) return 'TimedOut'
  if (ExitCode === 0) return 'Succeeded'
  return OOMKilled || ExitCode === KILLED ? 'OutOfMemory' : 'Failed'
}

const asTime = (milliseconds: number): string => new Date(milliseconds).toISOString()

/** Docker's name for a container that was never started. */
const CREATED = 'created'

export const awaitJob = async (
  engine: Engine,
  name: string,
  { timeoutMs, clock, signal }: { timeoutMs: number; clock: Clock; signal: AbortSignal },
): Promise<JobRun | undefined> => {
  const begun = await findOwn(engine, name)
  if (begun === undefined) return undefined
  if (begun.State.Status === CREATED) {
    await remove(engine, begun)
    return undefined
  }
  const container = engine.docker.getContainer(begun.Id)
  const leftMs = Date.parse(begun.State.StartedAt) + timeoutMs - clock.now()
  const inTime = begun.State.Running ? await hasEnded(container, leftMs, clock, signal) : true
  if (!inTime) await container.stop().catch(doneOn(304, 404))
  const ended = await container.inspect()
  const startedAt = Date.parse(ended.State.StartedAt)
  // Of a short run the engine may take down the start after the end.
  const endedAt = Math.max(startedAt, Date.parse(ended.State.FinishedAt))
  const output = (await logTail(container, MAX_OUTPUT_LINES)).subarray(-MAX_OUTPUT_BYTES).toString()
  await remove(engine, ended)
  return {
    result: resultOf(ended.State, inTime),
    exitCode: ended.State.ExitCode,
    startedAt: asTime(startedAt),
    endedAt: asTime(endedAt),
    output,
  }
}
