import { describe, expect, it } from 'vitest'
import { testRecord } from '../../test/contract/store.ts'
import { account, service } from '../../test/fakes/accounts.ts'
import { allKinds } from '../kinds/all-kinds.ts'
import type { ResolvedAccount } from '../plan/resolved-account.ts'
import { compareVersions, withoutData, withServableDatabases } from './data-versions.ts'

const database = (kind: string, version: string, schema = 'shop') => ({
  ...service(kind, version),
  memoryBytes: 536_870_912,
  schemas: [{ name: schema, owner: schema }],
})

const withDatabase = (kind: string, version: string, schema?: string): ResolvedAccount =>
  account('alice', {
    databases: [database(kind, version, schema)],
    tools: [{ ...service('phpmyadmin', '5.2'), domain: 'pma.example', subject: kind }],
  })

const judge = (wanted: ResolvedAccount, served: Record<string, string>, inForce?: ResolvedAccount) =>
  withServableDatabases(wanted, { served, inForce, kinds: allKinds.databases })

describe('versions', () => {
  it.each([
    ['10.6', '10.11'],
    ['8.4', '9.0'],
    ['15', '17'],
    ['8.4', '8.4.1'],
    ['9.7', '10.0'],
    ['8.0.36-debian', '8.0.40-debian'],
  ])('%s is older than %s', (older, newer) => {
    expect(compareVersions(older, newer)).toBeLessThan(0)
    expect(compareVersions(newer, older)).toBeGreaterThan(0)
    expect(compareVersions(older, older)).toBe(0)
  })
})

describe('databases on the data that is there', () => {
  it.each([
    ['with no data yet', {}, '10.11'],
    ['in the same version', { mariadb: '10.11' }, '10.11'],
    ['in a later version', { mariadb: '10.11' }, '11.8'],
  ])('are as wanted %s', (_what, served, version) => {
    const wanted = withDatabase('mariadb', version)
    expect(judge(wanted, served, withDatabase('mariadb', '10.11'))).toEqual({ account: wanted, blocked: [] })
  })

  it('stay in the version that is in force when an older one is wanted, with the rest of what is wanted', () => {
    const inForce = withDatabase('mariadb', '11.8')
    const { account: judged, blocked } = judge(withDatabase('mariadb', '10.11', 'blog'), { mariadb: '11.8' }, inForce)
    expect(judged.databases).toEqual([database('mariadb', '11.8', 'blog')])
    expect(judged.tools).toHaveLength(1)
    expect(blocked).toEqual([
      { target: 'container/mariadb', reason: 'DowngradeRefused', message: expect.stringContaining('of 11.8') },
    ])
  })

  it('are left out, and their tool, when only an older one is wanted and none is in force', () => {
    const { account: judged, blocked } = judge(withDatabase('mariadb', '10.11'), { mariadb: '11.8' })
    expect([judged.databases, judged.tools]).toEqual([[], []])
    expect(blocked).toMatchObject([{ reason: 'DowngradeRefused' }])
  })

  it('do not cross what their kind can not, and say the way', () => {
    const { account: judged, blocked } = judge(
      withDatabase('postgres', '17'),
      { postgres: '15' },
      withDatabase('postgres', '15'),
    )
    expect(judged.databases.map(({ version, image }) => [version, image.name])).toEqual([['15', 'postgres:15']])
    expect(blocked).toMatchObject([{ reason: 'UpgradeRefused', message: expect.stringContaining('pg_dump') }])
  })
})

describe('a record without data that is gone', () => {
  it('forgets the version and the schemas of that engine, and no more', () => {
    const record = testRecord('alice', {
      dataVersions: { mariadb: '11.8', mysql: '8.4' },
      inventory: ['directory/data/mariadb', 'schema/mariadb/shop', 'schema/mysql/shop'],
    })
    expect(withoutData(record, new Set(['directory/data/mariadb']))).toMatchObject({
      dataVersions: { mysql: '8.4' },
      inventory: ['schema/mysql/shop'],
    })
  })
})
