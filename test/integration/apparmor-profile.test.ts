import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { renderProfile } from '../../src/drivers/host/apparmor-profile.ts'

const run = promisify(execFile)

let directory = ''
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'palisade-apparmor-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

/** What it confines is seen in the virtual machine, whose kernel has AppArmor; this is its grammar. */
const compile = async (text: string): Promise<string> => {
  const file = join(directory, 'profile')
  await writeFile(file, text)
  return (await run('apparmor_parser', ['--skip-kernel-load', '--skip-cache', '--names', file])).stdout.trim()
}

it('the profile of services is one that the parser of Debian takes', async () => {
  expect(await compile(renderProfile('palisade-service'))).toBe('palisade-service')
})

it('the parser refuses what is none', async () => {
  await expect(compile(`${renderProfile('palisade-service')}}`)).rejects.toThrow(/syntax error/)
})
