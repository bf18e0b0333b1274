import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { allKinds } from '../kinds/all-kinds.ts'
import { loadSpecContext } from '../sources/spec-context.ts'
import { SpecView } from '../sources/spec-view.ts'
import { askStorageImage } from './ask-storage-image.ts'

let directory: string
let specs: string
let state: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'palisade-ask-'))
  specs = join(directory, 'specs')
  state = join(directory, 'state')
  await mkdir(specs)
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const open = async () => {
  const view = await SpecView.open(specs, await loadSpecContext(allKinds, new Map()), undefined)
  const settings = view.settings({ stateDirectory: state, runDirectory: '/run/x', machineId: '', kernelIpv6: true })
  if (settings === undefined) throw new Error(view.problems().join())
  return { view, settings }
}

const ask = async (size: string): Promise<void> => {
  const { view, settings } = await open()
  await askStorageImage(size, settings, view, { specs, state })
}

it('writes a Host that asks for the image, once', async () => {
  await ask('50Gi')
  const { settings } = await open()
  expect(settings.storageImage).toEqual({ file: join(state, 'storage.btrfs'), sizeBytes: 50 * 2 ** 30 })
  expect(settings.dataRoot).toBe(join(state, 'data'))
  await ask('50Gi')
})

it('leaves a Host that there is to its author', async () => {
  const file = join(specs, 'mine.yaml')
  const text = 'apiVersion: palisade.dev/v1\nkind: Host\nmetadata: { name: mine }\nspec: { resync: 1h }\n'
  await writeFile(file, text)
  await expect(ask('50Gi')).rejects.toThrow('there is a Host')
  expect(await readFile(file, 'utf8')).toBe(text)
})

it('is too late once accounts stand', async () => {
  await mkdir(join(state, 'records/accounts'), { recursive: true })
  await writeFile(join(state, 'records/accounts/alice.json'), '{}')
  await expect(ask('50Gi')).rejects.toThrow('accounts stand already')
})

it.each(['much', '-1Gi', '50Gi }, x: {'])('refuses the size %j', async (size) => {
  await expect(ask(size)).rejects.toThrow('--storage-image')
})
