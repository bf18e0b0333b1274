import { randomBytes } from 'node:crypto'
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { tenantDatabases } from '../../src/drivers/databases/tenant-databases.ts'
import type { DatabaseEndpoint, DesiredSchema } from '../../src/plan/resources.ts'
import { databasesContract } from '../contract/databases.ts'
import {
  type DatabaseImage,
  type DatabaseServer,
  MARIADB,
  MYSQL,
  POSTGRES,
  startDatabase,
} from '../fixtures/database-images.ts'
import { BUILD_TIMEOUT_MS, type ImageEngine, startImageEngine } from '../fixtures/image-engine.ts'

const ADMIN_PASSWORD = 'rootRoot0'
const SHOP_PASSWORD = 'shopShop1'
const SCHEMAS = ['shop_x', 'shop_y', 'shopzx', 'blog']

const databases = tenantDatabases({ readSecret: async (path) => (await readFile(path, 'utf8')).trim(), randomBytes })

let host: ImageEngine

beforeAll(async () => {
  host = await startImageEngine('database-driver')
  await writeFile(secret('shop'), SHOP_PASSWORD)
  await writeFile(secret('blog'), 'blogBlog2')
})
afterAll(() => host?.stop())

const secret = (name: string) => join(host.directory, name)

/** A server of an image under test, and what is asked of it. */
class Scene {
  readonly recipe: string
  readonly image: DatabaseImage
  #server: DatabaseServer | undefined

  constructor(recipe: string, image: DatabaseImage) {
    this.recipe = recipe
    this.image = image
  }

  get server(): DatabaseServer {
    if (this.#server === undefined) throw new Error(`${this.recipe} does not run`)
    return this.#server
  }

  get endpoint(): DatabaseEndpoint {
    const { socket, adminSecret } = this.server
    return { engine: this.image.engine, service: this.recipe, socket, adminSecret }
  }

  get schema(): DesiredSchema {
    return { type: 'schema', service: this.recipe, name: 'shop_x', owner: 'shop', ownerSecret: secret('shop') }
  }

  async start(): Promise<void> {
    const { recipe, image } = this
    await host.load(recipe)
    this.#server = await startDatabase(host, { recipe, image, place: recipe, password: ADMIN_PASSWORD })
    await this.#server.awaitHealthy()
  }

  async stop(): Promise<void> {
    await host.removeContainers()
  }

  ensure(): Promise<void> {
    return databases.ensureSchema(this.endpoint, this.schema)
  }

  async isWanted(): Promise<boolean | undefined> {
    return (await databases.observe(this.endpoint, [this.schema]))?.owners.has('shop@shop_x')
  }

  asShop(...statements: string[]): Promise<unknown[][]> {
    const database = this.image.engine === 'postgres' ? { database: 'shop_x' } : {}
    return this.server.sql({ user: 'shop', password: SHOP_PASSWORD, ...database }, ...statements)
  }

  async clear(): Promise<void> {
    const isPostgres = this.image.engine === 'postgres'
    for (const name of SCHEMAS) {
      await this.server.asAdmin(`DROP DATABASE IF EXISTS ${name}${isPostgres ? ' WITH (FORCE)' : ''}`)
    }
    for (const user of ['shop', 'blog']) {
      await this.server.asAdmin(isPostgres ? `DROP ROLE IF EXISTS ${user}` : `DROP USER IF EXISTS '${user}'@'%'`)
    }
  }
}

const contractOn = (scene: Scene, reserved: { schema: string; owner: string }): void =>
  databasesContract(`tenantDatabases on ${scene.recipe}`, async () => ({
    databases,
    endpoint: scene.endpoint,
    stopped: { ...scene.endpoint, socket: join(host.directory, 'none.sock') },
    reserved,
    ownerSecrets: [secret('shop'), secret('blog')],
    clear: () => scene.clear(),
  }))

const repairsOn = (scene: Scene, damages: readonly (readonly [string, readonly string[]])[]): void => {
  it.each(damages)('notices and repairs an owner with %s', async (_what, damage) => {
    expect(await scene.isWanted()).toBe(true)
    await scene.server.asAdmin(...damage)
    expect(await scene.isWanted()).toBe(false)
    await scene.ensure()
    expect(await scene.isWanted()).toBe(true)
    expect(await scene.asShop('SELECT 1')).toHaveLength(1)
  })

  it('lets the owner in with a new password, and with the former no more', async () => {
    const rotated = join(host.directory, 'rotated')
    await writeFile(rotated, 'rotated3')
    await databases.ensureSchema(scene.endpoint, { ...scene.schema, ownerSecret: rotated })
    await expect(scene.asShop('SELECT 1')).rejects.toThrow(/denied|authentication failed/)
    expect(await scene.isWanted()).toBe(false)
  })

  it('takes names and passwords as they are, whatever they hold', async () => {
    const odd = { ...scene.schema, name: `a'b"c\`d;e--f`, owner: `o'k"y\`;--%`, ownerSecret: secret('odd') }
    await writeFile(odd.ownerSecret, `p'q"r\\s\`;%é`)
    await databases.ensureSchema(scene.endpoint, odd)
    await databases.ensureSchema(scene.endpoint, odd)
    const seen = await databases.observe(scene.endpoint, [odd])
    expect(seen?.schemas.has(odd.name)).toBe(true)
    expect(seen?.owners).toEqual(new Set([`${odd.owner}@${odd.name}`]))
    const login = { user: odd.owner, password: `p'q"r\\s\`;%é`, database: odd.name }
    expect(await scene.server.sql(login, 'SELECT 1')).toHaveLength(1)
    await databases.dropSchema(scene.endpoint, odd.name)
    expect((await databases.observe(scene.endpoint, [odd]))?.schemas.has(odd.name)).toBe(false)
  })

  it('does not know what an engine holds that refuses its password', async () => {
    await writeFile(secret('wrong'), 'wrong')
    const endpoint = { ...scene.endpoint, adminSecret: secret('wrong') }
    expect(await databases.observe(endpoint, [scene.schema])).toBeUndefined()
  })

  it('is not led to another socket', async () => {
    const refused = { name: 'TerminalError', reason: 'SocketRefused' }
    const link = join(host.directory, `${scene.recipe}.link`)
    await symlink(scene.endpoint.socket, link)
    await expect(databases.observe({ ...scene.endpoint, socket: link }, [scene.schema])).rejects.toMatchObject(refused)
    const file = join(host.directory, `${scene.recipe}.file`)
    await writeFile(file, '')
    await expect(databases.dropSchema({ ...scene.endpoint, socket: file }, 'x')).rejects.toMatchObject(refused)
  })

  describe('with a server that never answers', () => {
    let silent: Server
    let socket: string

    beforeEach(async () => {
      const directory = join(host.directory, `${scene.recipe}.silent`)
      await mkdir(directory, { recursive: true })
      socket = join(directory, 'silent.sock')
      silent = createServer((connection) => connection.resume())
      await new Promise<void>((resolve) => silent.listen(socket, resolve))
    })
    afterEach(() => new Promise<void>((resolve) => silent.close(() => resolve())))

    it('gives up after two seconds', async () => {
      const started = performance.now()
      expect(await databases.observe({ ...scene.endpoint, socket }, [scene.schema])).toBeUndefined()
      expect(performance.now() - started).toBeLessThan(5_000)
    })
  })
}

/** What tenants may do on servers of MySQL's family. */
const mysqlFamilyOn = (scene: Scene): void => {
  it('lets the owner in, to its own schema alone', async () => {
    await scene.server.asAdmin('CREATE DATABASE shopzx')
    const rows = await scene.asShop(
      'CREATE TABLE shop_x.t (a TEXT)',
      "INSERT INTO shop_x.t VALUES ('é😀')",
      'SELECT * FROM shop_x.t',
    )
    expect(rows).toEqual([['é😀']])
    await expect(scene.asShop('CREATE TABLE shopzx.t (a INT)')).rejects.toThrow(/denied/)
    await expect(scene.asShop('SELECT * FROM mysql.user')).rejects.toThrow(/denied/)
    await expect(scene.asShop("GRANT SELECT ON shop_x.* TO 'shop'@'%'")).rejects.toThrow(/denied/)
  })

  it('keeps rows, and what the tenant granted on other schemas', async () => {
    await scene.asShop('CREATE TABLE shop_x.t (a INT)', 'INSERT INTO shop_x.t VALUES (1)')
    await scene.server.asAdmin('CREATE DATABASE blog', "GRANT SELECT ON blog.* TO shop@'%'")
    expect(await scene.isWanted()).toBe(true)
    await scene.ensure()
    expect(await scene.asShop('SELECT a FROM shop_x.t')).toEqual([[1]])
    expect(await scene.asShop('SHOW TABLES FROM blog')).toEqual([])
  })

  it('is not misled by the SQL mode of the server', async () => {
    await scene.server.asAdmin("SET GLOBAL sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES'")
    try {
      expect(await scene.isWanted()).toBe(true)
      await scene.ensure()
      expect(await scene.isWanted()).toBe(true)
    } finally {
      await scene.server.asAdmin('SET GLOBAL sql_mode = DEFAULT')
    }
  })
}

const MYSQL_FAMILY_DAMAGES: readonly (readonly [string, readonly string[]])[] = [
  ['another password', ["ALTER USER shop@'%' IDENTIFIED BY 'other'"]],
  ['no schema', ["REVOKE ALL PRIVILEGES ON `shop\\_x`.* FROM shop@'%'"]],
  ['less of its schema', ["REVOKE DROP ON `shop\\_x`.* FROM shop@'%'"]],
  ['power over the server', ["GRANT PROCESS, SUPER ON *.* TO shop@'%'"]],
  ['power to give on', ["GRANT ALL ON *.* TO shop@'%' WITH GRANT OPTION"]],
  ['power to give its schema on', ["GRANT ALL ON `shop\\_x`.* TO shop@'%' WITH GRANT OPTION"]],
  ['a lock', ["ALTER USER shop@'%' ACCOUNT LOCK"]],
  ['an expired password', ["ALTER USER shop@'%' PASSWORD EXPIRE"]],
  ['a limit', ["ALTER USER shop@'%' WITH MAX_USER_CONNECTIONS 1"]],
  ['a need for TLS', ["ALTER USER shop@'%' REQUIRE SSL"]],
  ['no existence', ["DROP USER shop@'%'"]],
]

const within = (scene: Scene, name: string, tests: () => void): void => {
  describe(name, () => {
    beforeAll(() => scene.start(), BUILD_TIMEOUT_MS)
    afterAll(() => scene.stop())
    tests()
  })
}

const onSchema = (scene: Scene, tests: () => void): void => {
  describe('tenantDatabases', () => {
    beforeEach(() => scene.ensure())
    afterEach(() => scene.clear())
    tests()
  })
}

const MARIADB_SCENE = new Scene('mariadb-10.11', MARIADB)
within(MARIADB_SCENE, 'mariadb', () => {
  contractOn(MARIADB_SCENE, { schema: 'Information_Schema', owner: 'root' })
  onSchema(MARIADB_SCENE, () => {
    mysqlFamilyOn(MARIADB_SCENE)
    repairsOn(MARIADB_SCENE, MYSQL_FAMILY_DAMAGES)
  })
})

const MYSQL_SCENE = new Scene('mysql-9.7', MYSQL)
within(MYSQL_SCENE, 'mysql', () => {
  contractOn(MYSQL_SCENE, { schema: 'Information_Schema', owner: 'root' })
  onSchema(MYSQL_SCENE, () => {
    mysqlFamilyOn(MYSQL_SCENE)
    repairsOn(MYSQL_SCENE, [
      ...MYSQL_FAMILY_DAMAGES,
      ['power that is not in the table of users', ["GRANT BACKUP_ADMIN ON *.* TO shop@'%'"]],
      ['a second password', ["ALTER USER shop@'%' IDENTIFIED BY 'shopShop1' RETAIN CURRENT PASSWORD"]],
    ])
  })
})

const POSTGRES_SCENE = new Scene('postgres-15', POSTGRES)
within(POSTGRES_SCENE, 'postgres', () => {
  const scene = POSTGRES_SCENE
  contractOn(scene, { schema: 'template1', owner: 'postgres' })
  onSchema(scene, () => {
    it('lets the owner in, and nobody else but the administrator', async () => {
      const rows = await scene.asShop(
        'CREATE TABLE t (a TEXT)',
        "INSERT INTO t VALUES ('é😀')",
        'SELECT a, current_user FROM t',
      )
      expect(rows).toEqual([['é😀', 'shop']])
      await scene.server.asAdmin("CREATE ROLE blog LOGIN PASSWORD 'blogBlog2'")
      const blog = { user: 'blog', password: 'blogBlog2', database: 'shop_x' }
      await expect(scene.server.sql(blog, 'SELECT 1')).rejects.toThrow(/permission denied for database/)
      await expect(scene.asShop('CREATE DATABASE blog')).rejects.toThrow(/permission denied/)
      await expect(scene.asShop('CREATE ROLE blogger')).rejects.toThrow(/permission denied/)
    })

    it('keeps rows', async () => {
      await scene.asShop('CREATE TABLE t (a INT)', 'INSERT INTO t VALUES (1)')
      await scene.ensure()
      expect(await scene.asShop('SELECT a FROM t')).toEqual([[1]])
    })

    it('drops a database that is in use', async () => {
      const asked = scene.asShop('SELECT pg_sleep(60)').catch((error: unknown) => String(error))
      await databases.dropSchema(scene.endpoint, 'shop_x')
      expect(await asked).toMatch(/terminat|does not exist|permission denied/)
    })

    repairsOn(scene, [
      ['another password', ["ALTER ROLE shop PASSWORD 'other'"]],
      ['no password', ['ALTER ROLE shop PASSWORD NULL']],
      ['no login', ['ALTER ROLE shop NOLOGIN']],
      ['an expired password', ["ALTER ROLE shop VALID UNTIL '2001-01-01'"]],
      ['a limit', ['ALTER ROLE shop CONNECTION LIMIT 0']],
      ['power over the server', ['ALTER ROLE shop SUPERUSER']],
      ['power to make users', ['ALTER ROLE shop CREATEROLE']],
      ['power to run programs', ['GRANT pg_execute_server_program TO shop']],
      ['no schema', ['ALTER DATABASE shop_x OWNER TO postgres']],
      ['less of its schema', ['REVOKE TEMPORARY ON DATABASE shop_x FROM shop']],
      ['company', ['GRANT CONNECT ON DATABASE shop_x TO PUBLIC']],
      ['a closed schema', ['ALTER DATABASE shop_x ALLOW_CONNECTIONS false']],
      ['no existence', ['DROP DATABASE shop_x', 'DROP ROLE shop']],
    ])
  })
})
