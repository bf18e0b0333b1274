import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { parseAccessLine, readAccessLog } from './access-log.ts'

const filter = { address: '10.90.0.2', hosts: new Set(['a.example']), since: 0 }

const line = (changes: Record<string, unknown> = {}, request: Record<string, unknown> = {}): string =>
  JSON.stringify({
    ts: '2026-01-31T12:00:00.000Z',
    request: { remote_ip: '203.0.113.9', proto: 'HTTP/2.0', method: 'GET', host: 'a.example', uri: '/', ...request },
    user_id: '10.90.0.2:80',
    duration: 0.25,
    size: 12,
    status: 200,
    ...changes,
  })

it.each(['a.example', 'A.Example.', 'a.example:8080'])('knows the host %s', (host) => {
  expect(parseAccessLine(line({}, { host }), filter)).toMatchObject({ host: 'a.example', status: 200, seconds: 0.25 })
})

it.each([
  ['another tenant', line({ user_id: '10.90.0.6:80' })],
  ['a tenant whose address begins alike', line({ user_id: '10.90.0.25:80' })],
  ['nobody', line({ user_id: '' })],
  ['a host that was once of this tenant, or of another with this address', line({}, { host: 'b.example' })],
  ['a request that speaks as if', line({ user_id: '' }, { uri: '/"user_id":"10.90.0.2:80"' })],
  ['a line that was cut off', line().slice(0, -5)],
])('leaves out %s', (_, text) => {
  expect(parseAccessLine(text, filter)).toBeUndefined()
})

it('leaves out what was before', () => {
  expect(parseAccessLine(line(), { ...filter, since: Date.parse('2026-01-31T12:00:01Z') })).toBeUndefined()
})

it('reads what was rolled first, packed or not', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'palisade-access-'))
  const log = join(directory, 'access.log')
  await writeFile(log, `${line({ status: 203 })}\n`)
  await writeFile(join(directory, 'access-2026-01-02T00-00-00.000.log'), `${line({ status: 202 })}\n`)
  await writeFile(join(directory, 'access-2026-01-01T00-00-00.000.log.gz'), gzipSync(`${line({ status: 201 })}\n`))
  const seen = []
  for await (const { status } of readAccessLog(log, filter)) seen.push(status)
  await rm(directory, { recursive: true })
  expect(seen).toEqual([201, 202, 203])
})

it('reads nothing where there is no log', async () => {
  for await (const _ of readAccessLog('/nonexistent/access.log', filter)) expect.unreachable()
})
