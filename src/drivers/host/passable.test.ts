import { chmod, mkdir, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ensureDataRoot } from './passable.ts'

describe('the place of the tenants', () => {
  let directory: string
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'palisade-passable-'))
    await chmod(directory, 0o711)
  })
  afterEach(() => rm(directory, { recursive: true }))

  it('is made where it is missing, passable and not to be listed', async () => {
    await ensureDataRoot(join(directory, 'a', 'b'))
    expect((await stat(join(directory, 'a', 'b'))).mode & 0o777).toBe(0o711)
  })

  it.each(['', 'inner'])('is refused where %j on the way is closed, which stays as it is', async (closed) => {
    await mkdir(join(directory, 'inner'))
    await chmod(join(directory, closed), 0o700)
    await expect(ensureDataRoot(join(directory, 'inner', 'root'))).rejects.toThrow(
      `chmod o+x ${join(directory, closed)}`,
    )
    expect((await stat(join(directory, closed))).mode & 0o777).toBe(0o700)
  })
})
