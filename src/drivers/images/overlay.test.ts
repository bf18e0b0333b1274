import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readOverlay } from './overlay.ts'

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'palisade-overlay-'))
  await mkdir(join(directory, 'new/files/bin'), { recursive: true })
  await mkdir(join(directory, 'old/files/bin'), { recursive: true })
  await writeFile(join(directory, 'old/files/bin/start'), 'shared')
  await chmod(join(directory, 'old/files/bin/start'), 0o755)
})

afterEach(() => rm(directory, { recursive: true, force: true }))

const link = (target: string) => symlink(target, join(directory, 'new/files/bin/link'))

describe('readOverlay', () => {
  it('takes a file of another recipe for the link to it', async () => {
    await link('../../../old/files/bin/start')
    expect(await readOverlay(join(directory, 'new/files'))).toEqual([
      { path: 'bin/link', mode: 0o755, content: Buffer.from('shared') },
    ])
  })

  it.each(['/dev/stdout', 'other', '../lib/none'])('keeps a link within the image: %s', async (target) => {
    await link(target)
    expect(await readOverlay(join(directory, 'new/files'))).toEqual([
      { path: 'bin/link', mode: 0o777, content: Buffer.alloc(0), linkTarget: target },
    ])
  })

  it('names a shared file that is missing', async () => {
    await link('../../../old/files/bin/none')
    await expect(readOverlay(join(directory, 'new/files'))).rejects.toThrow('bin/link')
  })

  it('finds no files where there is no directory', async () => {
    expect(await readOverlay(join(directory, 'none'))).toEqual([])
  })
})
