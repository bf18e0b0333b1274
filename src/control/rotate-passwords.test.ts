import { describe, expect, it } from 'vitest'
import { account, settings } from '../../test/fakes/accounts.ts'
import { instantClock } from '../../test/fakes/instant-clock.ts'
import { SimulatedHost } from '../../test/fakes/simulated-host.ts'
import { allKinds } from '../kinds/all-kinds.ts'
import { allocationOf } from '../plan/allocation.ts'
import { makePlan } from '../plan/make-plan.ts'
import { render } from '../plan/render.ts'
import { execute } from './execute.ts'
import { makeExecutors } from './executors.ts'
import { observe } from './observe.ts'
import { rotatePasswords } from './rotate-passwords.ts'

const [mariadb] = account('alice').databases
if (mariadb === undefined) throw new Error('the fixture has a database')
const schemas = [
  { name: 'shop', owner: 'shop' },
  { name: 'stock', owner: 'shop' },
  { name: 'blog', owner: 'blog' },
]
const resolved = account('alice', { databases: [{ ...mariadb, schemas }] })
const desired = render(resolved, allocationOf(settings, 0), settings, allKinds)

/** A host on which the account stands as wanted. */
const standing = async () => {
  const host = new SimulatedHost(instantClock())
  const ports = host.ports()
  const look = async () => makePlan(desired, await observe(ports, desired, new Set()), new Set())
  await execute(await look(), makeExecutors(ports, desired), { signal: new AbortController().signal, concurrency: 1 })
  const tenant = host.tenant('alice')
  const secretOf = (owner: string) =>
    tenant.secrets.get(`${desired.tree}/secrets/app/mariadb-${owner}`)?.password ?? 'missing'
  return { host, ports, tenant, look, secretOf }
}

describe('new passwords', () => {
  it('are in the file and in the engine, for one owner', async () => {
    const { ports, tenant, look, secretOf, host } = await standing()
    const before = { shop: secretOf('shop'), blog: secretOf('blog') }
    expect(await rotatePasswords(ports, desired, { engine: 'mariadb', owner: { name: 'shop' } })).toEqual(['shop'])
    expect(secretOf('shop')).not.toBe(before.shop)
    expect(tenant.databaseUsers.get('mariadb/shop')).toBe(secretOf('shop'))
    expect(secretOf('blog')).toBe(before.blog)
    expect((await look()).steps).toEqual([])
    expect(host.events.map(({ reason }) => reason)).toEqual(['PasswordRotated'])
  })

  it('are for every owner when none is named', async () => {
    const { ports, secretOf } = await standing()
    const before = [secretOf('shop'), secretOf('blog')]
    expect(await rotatePasswords(ports, desired, { engine: 'mariadb', owner: 'all' })).toEqual(['shop', 'blog'])
    for (const former of before) expect([secretOf('shop'), secretOf('blog')]).not.toContain(former)
  })

  it('come into force with the next pass when the engine can not be asked', async () => {
    const { ports, tenant, look, secretOf } = await standing()
    Object.assign(tenant.containers.get('mariadb') ?? {}, { state: 'exited' })
    await rotatePasswords(ports, desired, { engine: 'mariadb', owner: { name: 'blog' } })
    expect(tenant.databaseUsers.get('mariadb/blog')).not.toBe(secretOf('blog'))
    expect((await look()).steps.map(({ target }) => target)).toContain('schema/mariadb/blog')
  })

  it.each([
    ['mariadb', { name: 'nobody' }],
    ['mysql', 'all'],
  ] as const)('are not made for whom there is not: %s %j', async (engine, owner) => {
    const { ports, host } = await standing()
    const calls = host.calls.length
    await expect(rotatePasswords(ports, desired, { engine, owner })).rejects.toMatchObject({ reason: 'OwnerUnknown' })
    expect(host.calls).toHaveLength(calls)
  })
})
