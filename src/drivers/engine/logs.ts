import type Docker from 'dockerode'
import { requireOwn } from './containers.ts'
import type { Engine } from './engine-client.ts'
import { demultiplex } from './output.ts'

/** The last lines of either stream. */
export const logTail = async (container: Docker.Container, lines: number): Promise<Buffer> =>
  demultiplex(await container.logs({ stdout: true, stderr: true, tail: lines }))

const MAX_BYTES = 256 * 1024

/** The last lines that the service wrote to either stream, at most 256 KiB of them. */
export const readLogs = async (engine: Engine, name: string, lines: number): Promise<string> => {
  const { Id: id } = await requireOwn(engine, name)
  return (await logTail(engine.docker.getContainer(id), lines)).subarray(-MAX_BYTES).toString()
}
