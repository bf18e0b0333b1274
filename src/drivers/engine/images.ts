import { type FileHandle, open } from 'node:fs/promises'
import { TerminalError } from '../../ports/errors.ts'
import type { Engine, UseEngine } from './engine-client.ts'
import { doneOn, isStatus } from './engine-errors.ts'
import { jsonLines } from './json-lines.ts'

/** The engine answers 200 before it has read the archive, and tells a failure in the text of its answer. */
const failureIn = (line: unknown): string | undefined =>
  typeof line === 'object' && line !== null && 'error' in line ? String(line.error) : undefined

const load = async ({ docker }: Engine, archive: FileHandle, archivePath: string): Promise<void> => {
  const answer = await docker.loadImage(archive.createReadStream({ autoClose: false }), { quiet: true })
  for await (const line of jsonLines(answer)) {
    const failure = failureIn(line)
    if (failure !== undefined) throw new Error(`the engine can't load ${archivePath}: ${failure}`)
  }
}

const isPresent = async ({ docker }: Engine, image: string): Promise<boolean> => {
  try {
    await docker.getImage(image).inspect()
    return true
  } catch (error) {
    if (isStatus(error, 404)) return false
    throw error
  }
}

/** @throws TerminalError `ImageUnavailable` when the archive holds another image, or can't be read. */
export const loadImage = async (
  useEngine: UseEngine,
  account: string,
  image: string,
  archivePath: string,
): Promise<void> => {
  const archive = await open(archivePath).catch((cause: unknown) => {
    throw new TerminalError('ImageUnavailable', `the archive ${archivePath} of ${image} can't be read`, { cause })
  })
  try {
    await useEngine(account, async (engine) => {
      await load(engine, archive, archivePath)
      if (await isPresent(engine, image)) return
      throw new TerminalError('ImageUnavailable', `the archive ${archivePath} does not hold ${image}`)
    })
  } finally {
    await archive.close()
  }
}

const HTTP_NOT_FOUND = 404
const HTTP_CONFLICT = 409

export const removeImage = async ({ docker }: Engine, image: string): Promise<void> => {
  await docker.getImage(image).remove().catch(doneOn(HTTP_NOT_FOUND, HTTP_CONFLICT))
}
