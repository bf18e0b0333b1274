import { requireOwn } from './containers.ts'
import type { Engine } from './engine-client.ts'
import { demultiplex } from './output.ts'

const MAX_BYTES = 256 * 1024

/** The last lines that the service wrote to either stream, at most 256 KiB of them. */
export const readLogs = async (engine: Engine, name: string, lines: number): Promise<string> => {
  const { Id: id } = await requireOwn(engine, name)
  const frames = await engine.docker.getContainer(id).logs({ stdout: true, stderr: true, tail: lines })
  return demultiplex(frames).subarray(-MAX_BYTES).toString()
}
