import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runProgram } from '../../src/drivers/host/program.ts'
import { eventually } from '../fixtures/eventually.ts'
import { get } from '../fixtures/get.ts'
import { installation } from '../fixtures/installation.ts'
import { reach, serve } from './host-sockets.ts'

const INSTANCE = 'pl7'
const ACCOUNT = 'pl7alice'
const OTHER_PORT = 18_116
const SITE = 'pl7alice.localhost'
/** The host's end of the first tenant's NIC. */
const HOST_NAME = `${INSTANCE}0`

const spec = (network: object) => ({
  apiVersion: 'palisade.dev/v1',
  kind: 'Account',
  metadata: { name: ACCOUNT },
  spec: { limits: { cpu: '1', memory: '1Gi' }, network, sites: [{ domain: SITE }] },
})

describe('an account in a whole installation', () => {
  let palisade: Awaited<ReturnType<typeof installation>>

  const sets = async (): Promise<readonly string[]> => {
    const listing: unknown = JSON.parse(await runProgram('nft', ['--json', 'list', 'sets']))
    if (typeof listing !== 'object' || listing === null || !('nftables' in listing)) return []
    if (!Array.isArray(listing.nftables)) return []
    return listing.nftables.flatMap(({ set }) =>
      set?.table === INSTANCE && JSON.stringify(set.elem ?? []).includes(`"${HOST_NAME}"`) ? [set.name] : [],
    )
  }
  const apply = (network: object) =>
    writeFile(join(palisade.paths.specs, 'alice.yaml'), `${JSON.stringify(spec(network))}\n`)
  const holder = (): number =>
    JSON.parse(readFileSync(join(palisade.paths.run, 'tenants', ACCOUNT, 'holder.json'), 'utf8')).pid
  const condition = async (kind: string, type: string): Promise<unknown> => {
    const { out } = await palisade.cli('get', kind, '--output', 'json')
    return JSON.parse(out).items[0]?.status.conditions.find((one: { type: string }) => one.type === type)?.status
  }

  beforeAll(async () => {
    palisade = await installation({ instance: INSTANCE, ipv4Pool: '10.116.0.0/16', uidBase: 1_066_000_000 })
    await apply({})
    await palisade.start()
    const { code, err } = await palisade.cli('wait', ACCOUNT, '--for=Ready', '--timeout', '10m')
    expect(err + code).toMatch(/0$/)
  }, 900_000)
  afterAll(async () => {
    await palisade?.remove()
    expect(await runProgram('nft', ['list', 'tables'])).not.toContain(`inet ${INSTANCE}\n`)
  })

  it('has the usual policy in the kernel', async () => {
    expect(await sets()).toEqual(['own4', 'own6', 'internet', 'hosted_sites'])
    expect(await condition('hosts', 'FirewallInForce')).toBe('True')
  })

  it('calls its own site as a visitor does, and no other port of the host', async () => {
    const { status } = await get(palisade.httpPort, SITE)
    expect(status).toBe(200)
    const address = Object.values(networkInterfaces())
      .flat()
      .find((one) => one?.family === 'IPv4' && !one.internal && !one.address.startsWith('10.116.'))?.address
    if (address === undefined) throw new Error('the host has no address')
    const script = `require('http').get({ host: '${address}', port: ${palisade.httpPort}, headers: { Host: '${SITE}' } },
      (r) => { console.log(r.statusCode); r.destroy() })`
    const enter = ['--target', `${holder()}`, '--net', '--', process.execPath, '-e', script]
    expect((await runProgram('nsenter', enter)).trim()).toBe('200')
    const server = await serve(process.pid, OTHER_PORT)
    expect(await reach(holder(), address, OTHER_PORT)).toBe('closed')
    server.kill('SIGKILL')
    expect(await reach(holder(), '10.116.0.1', palisade.httpPort)).toBe('closed')
  })

  it('has another policy as soon as its spec says so', async () => {
    await apply({ internet: false, hostedSites: false, privateRanges: ['192.168.10.0/24', 'fd00:1::/64'] })
    await eventually('the kernel has it', async () => (await sets()).join() === 'own4,own6,private4,private6')
    await apply({ smtp: true })
    await eventually('the kernel has it', async () => (await sets()).join() === 'own4,own6,internet,smtp,hosted_sites')
  })

  it('gets back what was taken out of the kernel by hand, all of it', async () => {
    await palisade.cli('wait', ACCOUNT, '--for=Ready', '--timeout', '1m')
    await runProgram('nft', ['delete', 'table', 'inet', INSTANCE])
    await eventually('the kernel has it', async () => (await sets()).join() === 'own4,own6,internet,smtp,hosted_sites')
  })
})
