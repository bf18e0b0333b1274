import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runProgram } from '../../src/drivers/host/program.ts'
import { eventually } from '../fixtures/eventually.ts'
import { freePorts } from '../fixtures/http.ts'
import { type Installation, installation } from '../fixtures/installation.ts'

const ACCOUNT = 'pl6web'
const HOST = 'large.localhost'
const MEGABIT = 1_000_000
const LARGE_BYTES = 13_000_000
/** Ethernet, IPv4 and TCP with timestamps take 66 bytes of each packet of 1,514. */
const ON_THE_LINK = 1_514 / 1_448

const spec = (bandwidth: object) => ({
  apiVersion: 'palisade.dev/v1',
  kind: 'Account',
  metadata: { name: ACCOUNT },
  spec: {
    limits: { cpu: '1', memory: '256Mi', bandwidth },
    web: { server: 'nginx' },
    sites: [{ domain: HOST, seed: 'large' }],
  },
})

describe('an account with a limit of bandwidth', () => {
  let palisade: Installation
  let metricsPort = 0

  const apply = (bandwidth: object) =>
    writeFile(join(palisade.paths.specs, 'account.yaml'), `${JSON.stringify(spec(bandwidth))}\n`)
  const settled = async (): Promise<void> =>
    eventually(
      'nothing is left to do',
      async () => (await palisade.cli('plan', ACCOUNT, '--exit-code')).code === 0,
      60_000,
    )
  const status = async () => JSON.parse((await palisade.cli('describe', ACCOUNT, '--output', 'json')).out)
  const condition = async (type: string) =>
    (await status()).status.conditions.find((one: { type: string }) => one.type === type)

  /** Bytes and seconds of the large file, through Caddy. */
  const download = (): Promise<{ bytes: number; seconds: number }> =>
    new Promise((resolve, reject) => {
      const begun = performance.now()
      const asked = { host: '127.0.0.1', port: palisade.httpPort, path: '/large.bin', headers: { host: HOST } }
      request(asked, (response) => {
        let bytes = 0
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length
        })
        response.on('end', () => resolve({ bytes, seconds: (performance.now() - begun) / 1_000 }))
        response.on('error', reject)
      })
        .on('error', reject)
        .end()
    })

  beforeAll(async () => {
    palisade = await installation({ instance: 'pl6', ipv4Pool: '10.115.0.0/16', uidBase: 1_065_000_000 })
    const [port = 0] = await freePorts(1)
    metricsPort = port
    const file = join(palisade.paths.specs, 'host.yaml')
    const host = JSON.parse(await readFile(file, 'utf8'))
    host.spec.metrics = { listen: `127.0.0.1:${metricsPort}` }
    await writeFile(file, `${JSON.stringify(host)}\n`)
    await palisade.seed('large', { 'large.bin': 'x'.repeat(LARGE_BYTES), 'index.html': 'small' })
    await apply({ in: '50M', out: '10M' })
    await palisade.start()
    const { code, err } = await palisade.cli('wait', ACCOUNT, '--for=Ready', '--timeout', '5m')
    expect(err + code).toMatch(/0$/)
  }, 600_000)

  afterAll(async () => {
    await palisade?.remove()
  })

  it('is Ready with its limits in force', async () => {
    expect(await condition('BandwidthLimitEnforced')).toMatchObject({ status: 'True' })
    expect((await status()).status.bandwidth).toEqual({ in: 50 * MEGABIT, out: 10 * MEGABIT })
  })

  it('sends web answers no faster than that, and no slower than 5 percent below it', async () => {
    const { bytes, seconds } = await download()
    expect(bytes).toBe(LARGE_BYTES)
    const rate = (bytes * 8 * ON_THE_LINK) / seconds / MEGABIT
    expect(rate).toBeGreaterThan(9.5)
    expect(rate).toBeLessThan(10.5)
  })

  it('has what it transferred in describe and in the metrics', async () => {
    const nic: string = (await status()).status.interface
    const described = (await palisade.cli('describe', ACCOUNT, '--instance', 'pl6')).out
    expect((await status()).status.transferred).toMatchObject({ in: 0, out: 0, before: { in: 0, out: 0 } })
    expect(described).toMatch(/sent +10 Mbit\/s +1\d MiB/)
    const body = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()
    expect((await palisade.cli('metrics')).out).toContain('palisade_queue_depth')
    const [, sent] = /transferred_bytes_total\{account="pl6web",direction="out"\} (\d+)/.exec(body) ?? []
    const counted = Number(await readFile(`/sys/class/net/${nic}/statistics/rx_bytes`, 'utf8'))
    expect(Number(sent)).toBeGreaterThan(LARGE_BYTES)
    expect(counted - Number(sent)).toBeLessThan(1_000_000)
    expect(body).toContain('palisade_account_condition{account="pl6web",type="Ready"} 1')
    expect(body).toMatch(/palisade_reconcile_total\{kind="Account",result="idle"\} \d+/)
  })

  it('gets its limits back when somebody takes them away', async () => {
    const nic: string = (await status()).status.interface
    await runProgram('tc', ['qdisc', 'delete', 'dev', nic, 'root'])
    await runProgram('ip', ['link', 'delete', `${nic}o`])
    await eventually('the block stands again', async () => existsSync(`/sys/class/net/${nic}o`), 30_000)
    await settled()
    expect(await runProgram('tc', ['qdisc', 'show', 'dev', nic])).toMatch(/tbf.*rate 50Mbit/)
  })

  it('takes a new limit, and has none and no condition when it is lifted', async () => {
    const nic: string = (await status()).status.interface
    await apply({ out: '200M' })
    await eventually('the new rate stands', async () =>
      /rate 200Mbit/.test(await runProgram('tc', ['qdisc', 'show', 'dev', `${nic}o`])),
    )
    await settled()
    expect((await download()).seconds).toBeLessThan(5)
    await apply({})
    await eventually('the block is gone', async () => !existsSync(`/sys/class/net/${nic}o`))
    await settled()
    expect(await condition('BandwidthLimitEnforced')).toBeUndefined()
    expect(await runProgram('tc', ['qdisc', 'show', 'dev', nic])).not.toMatch(/tbf|ingress/)
  })
})
