import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { fakeClock } from '../../test/fakes/fake-clock.ts'
import { SimulatedHost } from '../../test/fakes/simulated-host.ts'
import type { CertificateMode } from '../plan/certificates.ts'
import { CertificateKeeper } from './certificate-keeper.ts'

const HOST = 'a.example'
const HERE = ['198.51.100.1']
const HOUR_MS = 3_600_000

const world = () => {
  const clock = fakeClock()
  const host = new SimulatedHost(clock)
  const told: string[] = []
  const ports = host.ports()
  let asked = 0
  const certificates = {
    ...ports.certificates,
    ask: (name: string) => {
      asked += 1
      return ports.certificates.ask(name)
    },
  }
  const start = () =>
    new CertificateKeeper({
      ...ports,
      certificates,
      clock,
      logger: pino({ level: 'silent' }),
      onFound: (account) => told.push(account),
    })
  const update = async (keeper: CertificateKeeper, mode: CertificateMode = 'acme') => {
    keeper.update({ account: 'alice', certificates: [{ host: HOST, mode }] }, { certificates: host.certificates })
    await clock.advance(0)
    await clock.advance(0)
  }
  return { clock, host, told, start, update, asked: () => asked }
}

describe('the keeper of certificates', () => {
  it('orders nothing for a name that leads elsewhere, and asks once more when a pass comes', async () => {
    const { clock, host, told, start, update, asked } = world()
    const keeper = start()
    await update(keeper)
    expect(host.certificates.get(HOST)).toMatchObject({ state: 'pending', reason: 'DnsNotHere' })
    expect([asked(), [...host.permitted], told]).toEqual([0, [], ['alice']])
    host.addresses.set(HOST, HERE)
    await update(keeper)
    expect(asked()).toBe(0)
    await clock.advance(5_000)
    await update(keeper)
    expect(host.certificates.get(HOST)).toMatchObject({ state: 'valid', issuer: 'Simulated' })
    expect([asked(), [...host.permitted], told]).toEqual([1, [HOST], ['alice', 'alice']])
    keeper.close()
  })

  it('does nothing more until a third of the life is left', async () => {
    const { clock, host, start, update, asked } = world()
    host.addresses.set(HOST, HERE)
    host.routes.set(HOST, '')
    const keeper = start()
    await update(keeper)
    await clock.advance(59 * 24 * HOUR_MS)
    await update(keeper)
    expect(asked()).toBe(1)
    await clock.advance(2 * 24 * HOUR_MS)
    expect(asked()).toBeGreaterThan(1)
    keeper.close()
  })

  it('takes the permission back when the authority refuses, and rests, also after a start', async () => {
    const { clock, host, start, update, asked } = world()
    host.addresses.set(HOST, HERE)
    host.issuingFailures.set(HOST, 'HTTP 429 urn:ietf:params:acme:error:rateLimited - too many')
    const keeper = start()
    await update(keeper)
    expect(host.certificates.get(HOST)).toMatchObject({ state: 'pending', reason: 'RateLimited', failures: 1 })
    expect(host.permitted.size).toBe(0)
    keeper.close()
    const next = start()
    await update(next)
    await clock.advance(HOUR_MS / 2)
    await update(next)
    expect(asked()).toBe(1)
    host.issuingFailures.clear()
    await clock.advance(HOUR_MS)
    expect(host.certificates.get(HOST)).toMatchObject({ state: 'valid', failures: 0 })
    next.close()
  })

  it('leaves nothing of a host that is to have none', async () => {
    const { host, start, update } = world()
    host.addresses.set(HOST, HERE)
    const keeper = start()
    await update(keeper)
    await update(keeper, 'none')
    expect([host.certificates.size, host.permitted.size]).toEqual([0, 0])
    keeper.close()
  })
})
