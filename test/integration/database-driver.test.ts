import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { mariadbDatabases } from '../../src/drivers/databases/mariadb-databases.ts'
import type { DatabaseEndpoint, DesiredSchema } from '../../src/plan/resources.ts'
import { databasesContract } from '../contract/databases.ts'
import { type MariaDb, startMariaDb } from '../fixtures/mariadb.ts'

const ROOT_PASSWORD = 'rootRoot0'
const SHOP_PASSWORD = 'shopShop1'

let directory: string
let server: MariaDb
let endpoint: DatabaseEndpoint

const databases = mariadbDatabases({ readSecret: (path) => readFile(path, 'utf8') })
const asRoot = (statement: string) => server.sql('root', ROOT_PASSWORD, statement)
const secret = (name: string) => join(directory, name)

const clear = async (): Promise<void> => {
  for (const schema of ['shop_x', 'shop_y', 'shopzx', 'blog']) await asRoot(`DROP DATABASE IF EXISTS ${schema}`)
  await asRoot("DROP USER IF EXISTS 'shop'@'%', 'blog'@'%'")
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'palisade-databases-'))
  await writeFile(secret('root'), ROOT_PASSWORD)
  await writeFile(secret('shop'), SHOP_PASSWORD)
  await writeFile(secret('blog'), 'blogBlog2')
  server = await startMariaDb(directory, ROOT_PASSWORD)
  endpoint = { service: 'mariadb', socket: server.socket, adminSecret: secret('root') }
})

afterAll(async () => {
  await server.stop()
  await rm(directory, { recursive: true, force: true })
})

databasesContract('mariadbDatabases', async () => ({
  databases,
  endpoint,
  stopped: { ...endpoint, socket: join(directory, 'none.sock') },
  ownerSecrets: [secret('shop'), secret('blog')],
  clear,
}))

describe('mariadbDatabases', () => {
  let schema: DesiredSchema

  beforeEach(async () => {
    schema = { type: 'schema', service: 'mariadb', name: 'shop_x', owner: 'shop', ownerSecret: secret('shop') }
    await databases.ensureSchema(endpoint, schema)
  })
  afterEach(clear)

  const asShop = (statement: string) => server.sql('shop', SHOP_PASSWORD, statement)
  const isWanted = async () => (await databases.observe(endpoint, [schema]))?.owners.has('shop@shop_x')

  it('lets the owner in, to its own schema alone', async () => {
    await asRoot('CREATE DATABASE shopzx')
    expect(
      await asShop("CREATE TABLE shop_x.t (a TEXT); INSERT INTO shop_x.t VALUES ('é😀'); SELECT * FROM shop_x.t"),
    ).toBe('é😀')
    await expect(asShop('CREATE TABLE shopzx.t (a INT)')).rejects.toThrow(/denied/)
    await expect(asShop('SELECT * FROM mysql.global_priv')).rejects.toThrow(/denied/)
    await expect(asShop("GRANT SELECT ON shop_x.* TO 'shop'@'%'")).rejects.toThrow(/denied/)
  })

  it.each([
    ['another password', "ALTER USER shop@'%' IDENTIFIED BY 'other'"],
    ['no schema', "REVOKE ALL PRIVILEGES ON `shop\\_x`.* FROM shop@'%'"],
    ['less of its schema', "REVOKE DROP ON `shop\\_x`.* FROM shop@'%'"],
    ['power over the server', "GRANT PROCESS, SUPER ON *.* TO shop@'%'"],
    ['power to give on', "GRANT ALL ON *.* TO shop@'%' WITH GRANT OPTION"],
    ['power to give its schema on', "GRANT ALL ON `shop\\_x`.* TO shop@'%' WITH GRANT OPTION"],
    ['a lock', "ALTER USER shop@'%' ACCOUNT LOCK"],
    ['an expired password', "ALTER USER shop@'%' PASSWORD EXPIRE"],
    ['a limit', "ALTER USER shop@'%' WITH MAX_USER_CONNECTIONS 1"],
    ['a need for TLS', "ALTER USER shop@'%' REQUIRE SSL"],
    ['no existence', "DROP USER shop@'%'"],
  ])('notices and repairs an owner with %s', async (_what, damage) => {
    expect(await isWanted()).toBe(true)
    await asRoot(damage)
    expect(await isWanted()).toBe(false)
    await databases.ensureSchema(endpoint, schema)
    expect(await isWanted()).toBe(true)
    expect(await asShop('SELECT 1')).toBe('1')
  })

  it('keeps rows, and what the tenant granted on other schemas', async () => {
    await asShop('CREATE TABLE shop_x.t (a INT); INSERT INTO shop_x.t VALUES (1)')
    await asRoot("CREATE DATABASE blog; GRANT SELECT ON blog.* TO shop@'%'")
    expect(await isWanted()).toBe(true)
    await databases.ensureSchema(endpoint, schema)
    expect(await asShop('SELECT a FROM shop_x.t')).toBe('1')
    expect(await asShop('SHOW TABLES FROM blog')).toBe('')
  })

  it('is not misled by the SQL mode of the server', async () => {
    await asRoot("SET GLOBAL sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES'")
    try {
      expect(await isWanted()).toBe(true)
      await databases.ensureSchema(endpoint, schema)
      expect(await isWanted()).toBe(true)
    } finally {
      await asRoot('SET GLOBAL sql_mode = DEFAULT')
    }
  })

  it("leaves the engine's own names alone", async () => {
    const before = await asRoot('SELECT Host, Priv FROM mysql.global_priv ORDER BY Host, User')
    const refused = { name: 'TerminalError', reason: 'NameReserved' }
    await expect(databases.ensureSchema(endpoint, { ...schema, owner: 'root' })).rejects.toMatchObject(refused)
    await expect(databases.ensureSchema(endpoint, { ...schema, name: 'mysql' })).rejects.toMatchObject(refused)
    expect(await asRoot('SELECT Host, Priv FROM mysql.global_priv ORDER BY Host, User')).toBe(before)
  })

  it('does not know what an engine holds that refuses its password', async () => {
    await writeFile(secret('wrong'), 'wrong')
    expect(await databases.observe({ ...endpoint, adminSecret: secret('wrong') }, [schema])).toBeUndefined()
  })

  it('is not led to another socket', async () => {
    const refused = { name: 'TerminalError', reason: 'SocketRefused' }
    const link = join(directory, 'link.sock')
    await symlink(server.socket, link)
    await expect(databases.observe({ ...endpoint, socket: link }, [schema])).rejects.toMatchObject(refused)
    await expect(databases.ensureSchema({ ...endpoint, socket: link }, schema)).rejects.toMatchObject(refused)
    const file = join(directory, 'file.sock')
    await writeFile(file, '')
    await expect(databases.observe({ ...endpoint, socket: file }, [schema])).rejects.toMatchObject(refused)
  })

  describe('with a server that never answers', () => {
    let silent: Server
    let socket: string

    beforeEach(async () => {
      await mkdir(join(directory, 'silent'), { recursive: true })
      socket = join(directory, 'silent/mysqld.sock')
      silent = createServer()
      await new Promise<void>((resolve) => silent.listen(socket, resolve))
    })
    afterEach(() => new Promise<void>((resolve) => silent.close(() => resolve())))

    it('gives up after two seconds', async () => {
      const started = performance.now()
      expect(await databases.observe({ ...endpoint, socket }, [schema])).toBeUndefined()
      expect(performance.now() - started).toBeLessThan(5_000)
    })
  })
})
