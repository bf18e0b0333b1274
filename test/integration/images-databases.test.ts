import { access, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  DATABASE_USER,
  type DatabaseServer,
  type DatabaseServerOptions,
  MARIADB,
  MYSQL,
  POSTGRES,
  startDatabase,
} from '../fixtures/database-images.ts'
import { eventually } from '../fixtures/eventually.ts'
import { BUILD_TIMEOUT_MS, type ImageEngine, startImageEngine } from '../fixtures/image-engine.ts'

const PASSWORD = `it's "a" \\ $pass\`word\` ; %s é -- #`
const SHOP_PASSWORD = `pass'word\\`

let host: ImageEngine

beforeAll(async () => {
  host = await startImageEngine('images-databases')
})
afterEach(() => host.removeContainers())
afterAll(() => host?.stop())

const serverOf = (
  { recipe, image }: Pick<DatabaseServerOptions, 'recipe' | 'image'>,
  place: string,
  options: readonly string[] = [],
): Promise<DatabaseServer> =>
  startDatabase(host, { recipe, image, place: `${recipe}/${place}`, password: PASSWORD, options })

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

const logOf = ({ name }: DatabaseServer): Promise<string> => host.logs(name)

describe.each([
  { recipe: 'mariadb-10.11', image: MARIADB, early: 'ibdata1', version: /^10\.11\./ },
  { recipe: 'mariadb-11.8', image: MARIADB, early: 'ibdata1', version: /^11\.8\./ },
  { recipe: 'mysql-9.7', image: MYSQL, early: 'ibdata1', version: /^9\.7\./ },
  { recipe: 'postgres-13', image: POSTGRES, early: '.initialising/base', version: /^PostgreSQL 13\./ },
  { recipe: 'postgres-15', image: POSTGRES, early: '.initialising/base', version: /^PostgreSQL 15\./ },
  { recipe: 'postgres-17', image: POSTGRES, early: '.initialising/base', version: /^PostgreSQL 17\./ },
])('$recipe', ({ recipe, image, early, version }) => {
  beforeAll(() => host.load(recipe), BUILD_TIMEOUT_MS)

  it('lets the administrator in by password, and keeps its data over restarts and a crash', async () => {
    const server = await serverOf({ recipe, image }, 'kept')
    await server.awaitHealthy()
    expect(String(await server.asAdmin('SELECT version()'))).toMatch(version)
    await server.asAdmin('CREATE DATABASE shop')
    await host.docker('restart', '--time', '30', server.name)
    await server.awaitHealthy()
    await host.docker('kill', server.name)
    await host.docker('start', server.name)
    await server.awaitHealthy()
    await expect(server.asAdmin('CREATE DATABASE shop')).rejects.toThrow(/exists/)
    expect((await logOf(server)).match(/is initialised/g)).toHaveLength(1)
    await expect(server.sql({ user: image.admin, password: '' }, 'SELECT 1')).rejects.toThrow()
    await expect(server.sql({ user: image.admin, password: `${PASSWORD}x` }, 'SELECT 1')).rejects.toThrow()
  })

  it('is not healthy before it answers', async () => {
    const server = await startDatabase(host, {
      ...{ recipe, image, password: PASSWORD },
      ...{ place: `${recipe}/silent`, command: ['sleep', 'infinity'] },
    })
    expect(await server.isHealthy()).toBe(false)
  })

  it('begins anew after a crash in the middle of the initialisation', async () => {
    // Slow, so that the crash is in the middle for sure.
    const server = await serverOf({ recipe, image }, 'crashed', ['--cpus', '0.1'])
    await eventually('some of the data directory is written', () => exists(join(server.data, early)))
    await host.docker('kill', server.name)
    expect(await exists(join(server.data, '.initialising'))).toBe(true)
    await host.docker('update', '--cpus', '2', server.name)
    await host.docker('start', server.name)
    await server.awaitHealthy()
    expect(await exists(join(server.data, '.initialising'))).toBe(false)
    expect(await server.asAdmin('SELECT COUNT(*) > 0 FROM information_schema.tables')).not.toEqual([])
  })

  it('refuses a directory that holds something else, and leaves that alone', async () => {
    const precious = join(await host.ownDirectory(`${recipe}/foreign/data`, DATABASE_USER), 'precious.txt')
    await writeFile(precious, 'kept')
    const server = await serverOf({ recipe, image }, 'foreign')
    expect(await host.docker('wait', server.name)).toBe('1')
    expect(await exists(precious)).toBe(true)
    expect(await logOf(server)).toContain('refusing to touch them')
  })

  it('tells which password is missing', async () => {
    const server = await serverOf({ recipe, image }, 'no-password', [
      '--env',
      `${image.passwordVariable}=`,
      '--env',
      `${image.passwordVariable.replace('_FILE', '')}=`,
    ])
    expect(await host.docker('wait', server.name)).toBe('1')
    expect(await logOf(server)).toContain(`${image.passwordVariable} is required`)
  })
})

describe.each([
  { recipe: 'mariadb-11.8', image: MARIADB, prefix: 'MARIADB' },
  { recipe: 'mysql-9.7', image: MYSQL, prefix: 'MYSQL' },
])('$recipe', ({ recipe, image, prefix }) => {
  beforeAll(() => host.load(recipe), BUILD_TIMEOUT_MS)

  it('makes the database and the user of the official variables', async () => {
    const server = await serverOf({ recipe, image }, 'variables', [
      ...['--env', `${prefix}_DATABASE=my_shop`, '--env', `${prefix}_USER=ow\`ner`],
      ...['--env', `${prefix}_PASSWORD=${SHOP_PASSWORD}`],
    ])
    await server.awaitHealthy()
    const owner = { user: 'ow`ner', password: SHOP_PASSWORD }
    expect(await server.sql(owner, 'CREATE TABLE my_shop.t SELECT 1 AS a', 'SELECT a FROM my_shop.t')).toEqual([[1]])
    await expect(server.sql(owner, 'CREATE DATABASE myxshop')).rejects.toThrow('Access denied')
  })

  it('has no account that could be used but root', async () => {
    const server = await serverOf({ recipe, image }, 'accounts')
    await server.awaitHealthy()
    const accounts = await server.asAdmin("SELECT CONCAT(User, '@', Host) FROM mysql.user ORDER BY 1")
    expect(
      accounts.filter(([name]) => !/^(root|healthcheck|mariadb\.sys|mysql\.\w+)@localhost$/.test(String(name))),
    ).toEqual([])
    for (const user of ['', 'healthcheck', 'mariadb.sys', 'mysql.sys', 'mysql.session']) {
      await expect(server.sql({ user, password: '' }, 'SELECT 1')).rejects.toThrow(/denied|locked/)
    }
  })
})

describe('mysql-9.7', () => {
  beforeAll(() => host.load('mysql-9.7'), BUILD_TIMEOUT_MS)

  it('lets root in from one more address that is named', async () => {
    const server = await serverOf({ recipe: 'mysql-9.7', image: MYSQL }, 'root-host', [
      '--env',
      'MYSQL_ROOT_HOST=10.0.0.%',
    ])
    await server.awaitHealthy()
    expect(await server.asAdmin("SELECT Host FROM mysql.user WHERE User = 'root' ORDER BY Host")).toEqual([
      ['10.0.0.%'],
      ['localhost'],
    ])
  })
})

describe('a newer mariadb', () => {
  beforeAll(async () => {
    await host.load('mariadb-10.11')
    await host.load('mariadb-11.8')
  }, BUILD_TIMEOUT_MS)

  const place = 'mariadb-upgrade'
  const serve = (recipe: string): Promise<DatabaseServer> =>
    startDatabase(host, {
      ...{ recipe, image: MARIADB, place, password: PASSWORD },
      options: ['--env', 'MARIADB_AUTO_UPGRADE=1'],
    })
  const end = (server: DatabaseServer): Promise<string> => host.docker('stop', '--time', '60', server.name)

  it('upgrades the data of an older one once, and an older one refuses it then', async () => {
    const older = await serve('mariadb-10.11')
    await older.awaitHealthy()
    await older.asAdmin('CREATE DATABASE shop', 'CREATE TABLE shop.orders SELECT 42 AS number')
    await end(older)

    const newer = await serve('mariadb-11.8')
    await newer.awaitHealthy()
    expect(await newer.asAdmin('SELECT number FROM shop.orders')).toEqual([[42]])
    await host.docker('restart', '--time', '60', newer.name)
    await newer.awaitHealthy()
    expect((await logOf(newer)).match(/system tables are upgraded/g)).toHaveLength(1)
    await end(newer)

    await host.docker('rm', older.name)
    const again = await serve('mariadb-10.11')
    expect(await host.docker('wait', again.name)).toBe('1')
    expect(await logOf(again)).toContain('was served by MariaDB 11.8, and this is 10.11: a downgrade')
    await host.docker('rm', again.name, newer.name)
    const kept = await serve('mariadb-11.8')
    await kept.awaitHealthy()
    expect(await kept.asAdmin('SELECT number FROM shop.orders')).toEqual([[42]])
  })
})

describe.each(['postgres-13', 'postgres-17'])('%s', (recipe) => {
  beforeAll(() => host.load(recipe), BUILD_TIMEOUT_MS)

  it('makes the database and the superuser of the official variables', async () => {
    const server = await serverOf({ recipe, image: POSTGRES }, 'variables', [
      ...['--env', 'POSTGRES_USER=the boss', '--env', 'POSTGRES_DB=my "shop"; --'],
    ])
    const boss = { user: 'the boss', password: PASSWORD, database: 'my "shop"; --' }
    await eventually('the server answers', () =>
      server.sql(boss, 'SELECT 1').then(
        () => true,
        () => false,
      ),
    )
    expect(await server.sql(boss, 'SELECT rolname FROM pg_roles WHERE rolcanlogin')).toEqual([['the boss']])
  })

  it('keeps passwords as SCRAM, pages with checksums, and text as UTF-8', async () => {
    const server = await serverOf({ recipe, image: POSTGRES }, 'settings')
    await server.awaitHealthy()
    expect(
      await server.asAdmin('SELECT substr(rolpassword, 1, 14) FROM pg_authid WHERE rolpassword IS NOT NULL'),
    ).toEqual([['SCRAM-SHA-256$']])
    const settings = ['data_checksums', 'server_encoding', 'password_encryption', 'listen_addresses']
    expect(
      await server.asAdmin(...['BEGIN', `SELECT ${settings.map((name) => `current_setting('${name}')`).join()}`]),
    ).toEqual([['on', 'UTF8', 'scram-sha-256', '*']])
    expect(await server.asAdmin("SELECT datcollate FROM pg_database WHERE datname = 'postgres'")).toEqual([['C.UTF-8']])
    expect(await server.asAdmin('SELECT DISTINCT auth_method FROM pg_hba_file_rules')).toEqual([['scram-sha-256']])
  })
})
