import { describe, expect, it } from 'vitest'
import { instantClock } from '../../test/fakes/instant-clock.ts'
import { SimulatedHost } from '../../test/fakes/simulated-host.ts'
import { dnsSettings } from '../../test/fixtures/dns-settings.ts'
import { plainZone } from '../../test/fixtures/plain-zone.ts'
import { reverseZonesLayer } from './reverse-zones.ts'

const NETWORK = '113.0.203.in-addr.arpa'

const dns = dnsSettings({
  addresses: ['203.0.113.7'],
  nameServers: ['ns1.provider.example'],
  reverse: ['203.0.113.0/24'],
})

const makeHost = () => {
  const host = new SimulatedHost(instantClock())
  return { host, zones: host.ports().zones }
}

describe('the reverse zones of the host', () => {
  it('are made, and then left alone', async () => {
    const { host, zones } = makeHost()
    const layer = reverseZonesLayer(zones, dns)
    expect(await layer.observe()).toBe('stale')
    await layer.ensure()
    expect(await layer.observe()).toBe('ready')
    expect(await zones.list()).toEqual([NETWORK])
    const calls = host.calls.length
    await layer.ensure()
    expect(host.calls).toHaveLength(calls)
  })

  it('go when the Host names them no more; those of accounts stay', async () => {
    const { zones } = makeHost()
    await reverseZonesLayer(zones, dns).ensure()
    await zones.ensure('alice', plainZone('100.51.198.in-addr.arpa'))
    const layer = reverseZonesLayer(zones, dnsSettings())
    expect(await layer.observe()).toBe('stale')
    await layer.ensure()
    expect(await layer.observe()).toBe('ready')
    expect(await zones.list()).toEqual(['100.51.198.in-addr.arpa'])
  })

  it('that can not be served are told of', async () => {
    const { zones } = makeHost()
    const layer = reverseZonesLayer(zones, dnsSettings({ reverse: ['203.0.113.0/24'] }))
    expect(await layer.observe()).toBe('stale')
    await expect(layer.ensure()).rejects.toMatchObject({ reason: 'InvalidZone' })
  })
})
