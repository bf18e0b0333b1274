import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { dnsSettings } from '../../../test/fixtures/dns-settings.ts'
import { testSettings } from '../../../test/fixtures/host-settings.ts'
import { bindLayout } from './bind-layout.ts'
import { ensureSecrets } from './secrets.ts'

const SECRET = 'cGFsaXNhZGUtdGVzdC1zZWNyZXQtb2YtMzItYnl0ZXM='

let directory: string
const identity = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }
const made = (size: number): Buffer => Buffer.alloc(size, 7)

const ensure = async (keyFile: string): Promise<string> => {
  const secondaries = [{ address: '198.51.100.53', port: 53, key: 'ns2', keyFile }]
  const settings = testSettings(directory, { dns: dnsSettings({ secondaries }) })
  await ensureSecrets(settings, identity, made)
  return readFile(bindLayout(settings).keys, 'utf8')
}

const keyFileOf = async (text: string): Promise<string> => {
  const path = join(directory, 'given.key')
  await writeFile(path, text)
  return path
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'palisade-keys-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

describe('ensureSecrets', () => {
  it('makes what is missing, once, for nobody else to read', async () => {
    const { controlKey, keys, secondaries } = bindLayout(testSettings(directory))
    const before = await ensure('')
    expect(before).toMatch(
      /^key "palisade-control" .*\nkey "ns2" \{ algorithm hmac-sha256; secret "[A-Za-z0-9+/=]{44}"; \};\n$/,
    )
    for (const path of [controlKey, keys, join(secondaries, 'ns2.key')]) {
      expect((await stat(path)).mode & 0o777).toBe(0o600)
    }
    expect(await ensure('')).toBe(before)
  })

  it.each([
    ['in base64', `${SECRET}\n`],
    ['as tsig-keygen prints it', `key "other" {\n\talgorithm hmac-sha256;\n\tsecret "${SECRET}";\n};\n`],
  ])('takes a secret that is given %s', async (_how, text) => {
    expect(await ensure(await keyFileOf(text))).toContain(`key "ns2" { algorithm hmac-sha256; secret "${SECRET}"; };`)
  })

  it.each(['', 'short', `secret "${SECRET}"; }; include "/etc/shadow`.replace(SECRET, 'a"b'), '; };'])(
    'refuses a file with %j',
    async (text) => {
      await expect(ensure(await keyFileOf(text))).rejects.toMatchObject({ reason: 'InvalidHost' })
    },
  )

  it('refuses a file that is not there', async () => {
    await expect(ensure(join(directory, 'none'))).rejects.toMatchObject({ reason: 'InvalidHost' })
  })
})
