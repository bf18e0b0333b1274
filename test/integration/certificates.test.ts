import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkCertificate } from '../../src/control/certificate-check.ts'
import { systemClock } from '../../src/drivers/clock.ts'
import { caddyLayout } from '../../src/drivers/edge/caddy-layout.ts'
import { type CaddyService, caddyService } from '../../src/drivers/edge/caddy-service.ts'
import { certificateLayout } from '../../src/drivers/edge/certificate-layout.ts'
import { edgeCertificates } from '../../src/drivers/edge/certificates.ts'
import { runProgram } from '../../src/drivers/host/program.ts'
import { dnsNames } from '../../src/drivers/names/dns-names.ts'
import type { DesiredCertificate, ObservedCertificate } from '../../src/plan/certificates.ts'
import type { HostSettings } from '../../src/plan/settings.ts'
import { dnsSettings } from '../fixtures/dns-settings.ts'
import { eventually } from '../fixtures/eventually.ts'
import { testSettings } from '../fixtures/host-settings.ts'
import { freePorts } from '../fixtures/http.ts'
import { type Pebble, startPebble } from '../fixtures/pebble.ts'
import { tlsSettings } from '../fixtures/tls-settings.ts'

const never = new AbortController().signal
const HERE = '127.0.0.1'
const VALID_SECONDS = 45

describe('certificates', () => {
  let directory: string
  let settings: HostSettings
  let caddy: CaddyService
  let pebble: Pebble

  const ports = () => ({
    certificates: edgeCertificates({ settings, runProgram, clock: systemClock }),
    names: dnsNames(settings),
    clock: systemClock,
  })
  const check = (wanted: DesiredCertificate, former?: ObservedCertificate) => checkCertificate(wanted, former, ports())
  const acme = (host: string): DesiredCertificate => ({ host, mode: 'acme' })

  /** A pair out of the machine's own openssl, for these names. */
  const makePair = async (name: string, names: string, ...more: string[]) => {
    const files = { chain: join(directory, `${name}.crt`), key: join(directory, `${name}.key`) }
    const subject = ['-subj', `/CN=${name}`, '-addext', names, ...(more.length === 0 ? ['-days', '90'] : more)]
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
    await runProgram('openssl', ['req', '-x509', ...key, ...subject, '-keyout', files.key, '-out', files.chain])
    return files
  }

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'palisade-certificates-'))
    await chmod(directory, 0o755)
    const [httpPort = 0, httpsPort = 0, askPort = 0] = await freePorts(3)
    pebble = await startPebble({ httpPort, httpsPort, validSeconds: VALID_SECONDS })
    const { directoryUrl, rootFile, resolver } = pebble
    await chmod(join(rootFile, '..'), 0o755)
    settings = testSettings(directory, {
      httpPort,
      httpsPort,
      askPort,
      dns: dnsSettings({ addresses: [HERE] }),
      tls: tlsSettings({ directory: directoryUrl, rootFile, resolvers: [resolver] }),
    })
    caddy = caddyService({ settings, clock: systemClock })
    expect(await caddy.ensureRunning(never)).toBe('started')
  })
  afterAll(async () => {
    await caddy.stop(never)
    await pebble.close()
    await rm(directory, { recursive: true, force: true })
  })

  it('are issued for a name that leads here, and renewed before they end', async () => {
    await pebble.point('a.example', HERE)
    const found = await check(acme('a.example'))
    expect(found).toMatchObject({ state: 'valid', reason: '', dns: { resolves: true } })
    expect(found?.issuer).toMatch(/^Pebble Intermediate/)
    await eventually(
      'it is renewed',
      async () => {
        const later = await check(acme('a.example'))
        return later?.state === 'valid' && later.expires > (found?.expires ?? '')
      },
      VALID_SECONDS * 1_000,
    )
  })

  it('are not ordered for a name that leads elsewhere, or nowhere', async () => {
    const before = pebble.orders()
    expect(await check(acme('nowhere.example'))).toMatchObject({
      state: 'pending',
      reason: 'DnsNotHere',
      message: `nowhere.example lacks the record A ${HERE}`,
      dns: { resolves: false, missing: [`A ${HERE}`], foreign: [] },
    })
    await pebble.point('elsewhere.example', HERE, '192.0.2.9')
    expect(await check(acme('elsewhere.example'))).toMatchObject({
      reason: 'DnsNotHere',
      dns: { resolves: false, missing: [], foreign: ['A 192.0.2.9'] },
    })
    for (const host of ['nowhere.example', 'elsewhere.example', 'stranger.example']) {
      expect(await ports().certificates.ask(host)).toBe('none')
    }
    expect(pebble.orders()).toBe(before)
  })

  it('are not asked for again at once when the authority has had enough', async () => {
    await pebble.point('limited.example', HERE)
    pebble.limit(true)
    const found = await check(acme('limited.example'))
    expect(found).toMatchObject({ state: 'pending', reason: 'RateLimited' })
    expect(Date.parse(found?.notBefore ?? '') - Date.now()).toBeGreaterThan(3_000_000)
    pebble.limit(false)
    // A visitor's handshake orders nothing either, nor does the next look.
    const before = pebble.orders()
    expect(await check(acme('limited.example'), found)).toMatchObject({ reason: 'RateLimited' })
    expect(pebble.orders()).toBe(before)
  })

  it('are told not to come when the authority does not get here', async () => {
    const names = { addresses: async () => [HERE], resolve: async () => [HERE] }
    const found = await checkCertificate(acme('unseen.example'), undefined, { ...ports(), names })
    expect(found).toMatchObject({ state: 'pending', reason: 'ChallengeFailed', failures: 1 })
    expect(found?.message).toMatch(/unseen\.example/)
  })

  it('are got with another account when the authority does not know the former one', async () => {
    await pebble.forgetAll()
    await pebble.point('again.example', HERE)
    const refused = await check(acme('again.example'))
    if (refused?.state === 'valid') return
    expect(refused).toMatchObject({ reason: 'AccountRefused' })
    await pebble.point('after.example', HERE)
    expect(await check(acme('after.example'))).toMatchObject({ state: 'valid' })
  })

  it('of files are served from the first handshake on, and kept while worse ones come', async () => {
    const good = await makePair('good', 'subjectAltName=DNS:own.example,DNS:*.own.example')
    const wanted = { host: 'own.example', mode: 'custom', files: good } as const
    const found = await check(wanted)
    expect(found).toMatchObject({ state: 'valid', issuer: 'good', reason: '' })
    expect(await check({ ...wanted, host: 'www.own.example' })).toMatchObject({ state: 'valid' })
    const other = await makePair('other', 'subjectAltName=DNS:other.example')
    const soon = await makePair('soon', 'subjectAltName=DNS:own.example', '-days', '2')
    const cases = [
      [{ chain: good.chain, key: other.key }, 'the key belongs to another certificate'],
      [other, 'the certificate does not cover own.example'],
      [{ chain: join(directory, 'missing'), key: good.key }, `${join(directory, 'missing')} can't be read`],
      [{ chain: good.key, key: good.key }, 'the chain holds no certificate in PEM'],
      [{ chain: good.chain, key: good.chain }, 'the key is no private key in PEM without a pass phrase'],
    ] as const
    for (const [files, message] of cases) {
      expect(await check({ ...wanted, files }, found)).toMatchObject({
        state: 'valid',
        issuer: 'good',
        reason: 'CertificateInvalid',
        message,
      })
      expect(await ports().certificates.ask('own.example')).toMatchObject({ issuer: 'good' })
    }
    expect(await check({ ...wanted, files: soon }, found)).toMatchObject({ issuer: 'soon', reason: 'ExpiresSoon' })
  })

  it('of this machine are had for any name, and vouched for by its root', async () => {
    const found = await check({ host: 'inside.example', mode: 'internal' })
    expect(found).toMatchObject({ state: 'valid', reason: '' })
    expect(found?.issuer).toMatch(/Palisade/)
    expect(await readFile(caddyLayout(settings).internalRoot, 'utf8')).toContain('BEGIN CERTIFICATE')
  })

  it('leave with their host, and none is shown where none is wanted', async () => {
    await ports().certificates.drop('inside.example')
    expect(await ports().certificates.ask('inside.example')).toBe('none')
    expect(await check({ host: 'plain.example', mode: 'none' })).toBeUndefined()
    expect(await ports().certificates.ask('plain.example')).toBe('none')
  })

  it('show their keys to nobody who asks beside Caddy', async () => {
    const status = (path: string): Promise<{ code: number; body: string }> =>
      new Promise((resolve, reject) => {
        const asked = request({ host: HERE, port: settings.askPort, path }, (response) => {
          let body = ''
          response.on('data', (chunk) => {
            body += chunk
          })
          response.on('end', () => resolve({ code: response.statusCode ?? 0, body }))
        })
        asked.on('error', reject)
        asked.end()
      })
    for (const path of [
      '/certificates/guess?server_name=own.example',
      '/certificates/?server_name=own.example',
      '/certificates?server_name=own.example',
      '/own.example.pem?server_name=own.example',
    ]) {
      expect((await status(path)).body).not.toContain('PRIVATE')
    }
    const token = (await readFile(certificateLayout(settings).tokenFile, 'utf8')).trim()
    const known = (name: string) => status(`/certificates/${token}?server_name=${encodeURIComponent(name)}`)
    expect((await known('own.example')).body).toContain('PRIVATE')
    for (const name of ['../found/own.example', '*', '..%2ftoken', 'own.example\0', 'a'.repeat(10_000)]) {
      expect((await known(name)).body).not.toContain('PRIVATE')
    }
  })
})
