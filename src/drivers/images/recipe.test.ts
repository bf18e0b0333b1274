import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadRecipes } from './recipe.ts'

const VALID = `description: A server
suite: bookworm
packages: [nginx]
config: { cmd: [nginx] }
`

let directory: string

const write = async (path: string, text: string): Promise<void> => {
  await mkdir(dirname(join(directory, path)), { recursive: true })
  await writeFile(join(directory, path), text)
}

const imageOf = async (name: string): Promise<string | undefined> => (await loadRecipes(directory)).get(name)?.image

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'palisade-recipes-'))
  await write('web-1/recipe.yaml', VALID)
})

afterEach(() => rm(directory, { recursive: true, force: true }))

describe('loadRecipes', () => {
  it('reads every recipe of the project', async () => {
    const recipes = await loadRecipes(join(import.meta.dirname, '../../../images'))
    expect([...recipes.keys()]).toEqual(expect.arrayContaining(['nginx', 'php-8.2', 'php-8.4', 'mariadb-10.11']))
  })

  it('names the image after the recipe and its inputs', async () => {
    expect(await imageOf('web-1')).toMatch(/^palisade\/web-1:[0-9a-f]{12}$/)
  })

  it('gives the same image for the same inputs, whatever comments say', async () => {
    const before = await imageOf('web-1')
    await write('web-1/recipe.yaml', `# A comment\n${VALID}`)
    expect(await imageOf('web-1')).toBe(before)
  })

  it.each([
    ['the packages', () => write('web-1/recipe.yaml', VALID.replace('[nginx]', '[nginx, curl]'))],
    ['the content of a file', () => write('web-1/files/etc/a', 'b')],
    ['the target of a link', () => symlink('/tmp', join(directory, 'web-1/files/etc/link'))],
    ['the mode of a file', () => chmod(join(directory, 'web-1/files/etc/a'), 0o755)],
  ])('gives another image when %s changes', async (_what, change) => {
    await write('web-1/files/etc/a', 'a')
    const before = await imageOf('web-1')
    await change()
    expect(await imageOf('web-1')).not.toBe(before)
  })

  describe('with packages from npm', () => {
    const lock = (version: string): string =>
      JSON.stringify({ packages: { 'node_modules/x': { version, integrity: 'sha512-AA==' } } })

    beforeEach(async () => {
      await write('web-1/recipe.yaml', `${VALID}npm: { to: opt/app }\n`)
      await write('web-1/npm/package.json', '{}')
      await write('web-1/npm/package-lock.json', lock('1.0.0'))
    })

    it('reads them', async () => {
      expect((await loadRecipes(directory)).get('web-1')?.npm).toEqual({
        to: 'opt/app',
        manifest: '{}',
        lock: lock('1.0.0'),
      })
    })

    it.each([
      ['the manifest', () => write('web-1/npm/package.json', '{ }')],
      ['the lock', () => write('web-1/npm/package-lock.json', lock('1.0.1'))],
      ['their place', () => write('web-1/recipe.yaml', `${VALID}npm: { to: opt/other }\n`)],
    ])('gives another image when %s changes', async (_what, change) => {
      const before = await imageOf('web-1')
      await change()
      expect(await imageOf('web-1')).not.toBe(before)
    })

    it('names the lock when it is missing', async () => {
      await rm(join(directory, 'web-1/npm/package-lock.json'))
      await expect(loadRecipes(directory)).rejects.toThrow('web-1/npm/package-lock.json')
    })
  })

  it.each([
    ['an unknown field', VALID.replace('suite:', 'sweet: x\nsuite:'), 'sweet'],
    ['a missing field', VALID.replace('suite: bookworm\n', ''), "'suite'"],
    ['an argument in place of a package', VALID.replace('[nginx]', '["--hook=x"]'), '/packages/0'],
    ['an absolute path to drop', `${VALID}drop: [/etc/x]\n`, '/drop/0'],
    ['an absolute place for npm', `${VALID}npm: { to: /opt }\n`, '/npm/to'],
    ['a place for npm outside of the image', `${VALID}npm: { to: opt/../../etc }\n`, '/npm/to'],
    ['npm without a place', `${VALID}npm: {}\n`, "'to'"],
    ['an environment variable that is none', VALID.replace('cmd: [nginx]', 'env: { "A=B": c }'), 'A=B'],
  ])('refuses %s, and names file and place', async (_what, text, place) => {
    await write('web-1/recipe.yaml', text)
    await expect(loadRecipes(directory)).rejects.toThrow(place)
    await expect(loadRecipes(directory)).rejects.toThrow(join(directory, 'web-1/recipe.yaml'))
  })

  it('refuses a directory name that is no image name', async () => {
    await write('Web_1/recipe.yaml', VALID)
    await expect(loadRecipes(directory)).rejects.toThrow('Web_1')
  })
})
