import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { testSettings } from '../../../test/fixtures/host-settings.ts'
import { ProgramError, type RunProgram } from '../host/program.ts'
import { bindLayout } from './bind-layout.ts'
import { createZoneFiles } from './zone-files.ts'

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'palisade-zone-files-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const staged = (runProgram: RunProgram): Promise<string> =>
  createZoneFiles(testSettings(directory), runProgram).stage('a.example', 'text')

describe('a file that is not checked', () => {
  it('because BIND is missing tells what to install', async () => {
    const missing = Object.assign(new Error('spawn named-checkzone ENOENT'), { code: 'ENOENT' })
    const asked = staged(async () => {
      throw new ProgramError('named-checkzone', undefined, { stdout: '', stderr: '' }, missing)
    })
    await expect(asked).rejects.toMatchObject({ reason: 'NameServerNotInstalled' })
  })

  it('because it is wrong tells what BIND says, and goes', async () => {
    const stdout = 'zone a.example/IN: has no NS records\nzone a.example/IN: not loaded due to errors.\n'
    const asked = staged(async () => {
      throw new ProgramError('named-checkzone', 1, { stdout, stderr: '' }, new Error('exit'))
    })
    await expect(asked).rejects.toMatchObject({
      reason: 'InvalidZone',
      message: 'a.example does not pass its check: zone a.example/IN: has no NS records',
    })
    expect(await readdir(bindLayout(testSettings(directory)).staging)).toEqual([])
  })
})
