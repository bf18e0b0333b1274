import { mkdir, mkdtemp, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { eventually } from '../../test/fixtures/eventually.ts'
import { newestChange } from './newest-change.ts'

let directory = ''
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'palisade-newest-'))
})
afterEach(() => rm(directory, { recursive: true }))

/** Put there now, as a package is unpacked: written long ago by its own word. */
const put = async (name: string): Promise<number> => {
  const file = join(directory, name)
  await writeFile(file, '')
  await utimes(file, 1_000, 1_000)
  return (await stat(file)).ctimeMs
}

it('is the time at which the newest file was put there, however deep', async () => {
  await mkdir(join(directory, 'images', 'nginx'), { recursive: true })
  const first = await put('main.js')
  const last = Math.max(await put('images/other.yaml'), await put('images/nginx/recipe.yaml'))
  expect(await newestChange([join(directory, 'main.js')])).toBe(first)
  expect(await newestChange(['main.js', 'images'].map((name) => join(directory, name)))).toBe(last)
})

it('does not follow links, which may lead anywhere', async () => {
  await mkdir(join(directory, 'images'))
  await symlink(directory, join(directory, 'images', 'tmp'))
  const link = await newestChange([join(directory, 'images')])
  // The file system's clock ticks every few milliseconds.
  await eventually('a later file', async () => (await put('later')) > link)
  expect(await newestChange([join(directory, 'images')])).toBe(link)
})

it('is never where nothing is', async () => {
  expect(await newestChange([join(directory, 'missing'), directory])).toBe(0)
})
