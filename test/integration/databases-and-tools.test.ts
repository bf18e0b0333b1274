import { access, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { createConnection } from 'mysql2/promise'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Browser } from '../fixtures/browser.ts'
import { eventually } from '../fixtures/eventually.ts'
import { get } from '../fixtures/get.ts'
import { type Installation, installation } from '../fixtures/installation.ts'

const ACCOUNT = 'pk3dbs'

type Engine = 'mariadb' | 'mysql' | 'postgres'
const ENGINES: readonly Engine[] = ['mariadb', 'mysql', 'postgres']
const SOCKETS = { mariadb: 'mysqld.sock', mysql: 'mysqld.sock', postgres: '.s.PGSQL.5432' } as const

interface Database {
  readonly engine: Engine
  readonly version?: string
  readonly schemas: readonly { readonly name: string; readonly owner: string }[]
  readonly admin?: { readonly domain: string }
}

const schema = (name: string) => ({ name, owner: name })
const admin = (engine: Engine) => ({ domain: `pma-${engine}.k3.example` })
const MARIADB: Database = {
  engine: 'mariadb',
  version: '10.11',
  admin: admin('mariadb'),
  schemas: [schema('shop')],
}
const MYSQL: Database = { engine: 'mysql', admin: admin('mysql'), schemas: [schema('shop')] }
const POSTGRES: Database = { engine: 'postgres', version: '15', schemas: [schema('shop')] }

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

describe('databases and tools of an account', () => {
  let palisade: Installation
  let tree: string

  const put = async (databases: readonly Database[], rest: object = {}): Promise<void> => {
    const account = {
      apiVersion: 'palisade.dev/v1',
      kind: 'Account',
      metadata: { name: ACCOUNT },
      spec: {
        limits: { cpu: '2', memory: '3Gi', pids: 1024 },
        sites: [{ domain: 'k3.example' }],
        fileManager: { domain: 'files.k3.example' },
        databases,
        ...rest,
      },
    }
    await writeFile(join(palisade.paths.specs, 'account.yaml'), `${JSON.stringify(account, null, 2)}\n`)
  }

  const ready = async (): Promise<void> => {
    const { code, out, err } = await palisade.cli('wait', ACCOUNT, '--for=Ready', '--timeout', '5m')
    if (code !== 0) throw new Error(`${out}${err}`)
  }

  const become = async (databases: readonly Database[], rest: object = {}): Promise<void> => {
    await put(databases, rest)
    await ready()
  }

  const passwordOf = async (engine: Engine, owner = 'shop'): Promise<string> =>
    (await readFile(join(tree, 'secrets', 'app', `${engine}-${owner}`), 'utf8')).trim()

  const asOwner = async (engine: Engine, sql: string, name = 'shop', password?: string): Promise<unknown> => {
    const socket = join(tree, 'sockets', engine, SOCKETS[engine])
    const login = { user: name, password: password ?? (await passwordOf(engine, name)), database: name }
    if (engine === 'postgres') {
      const client = new Client({ ...login, host: dirname(socket), connectionTimeoutMillis: 5_000 })
      client.on('error', () => undefined)
      await client.connect()
      try {
        const { rows } = await client.query({ text: sql, rowMode: 'array' })
        return rows.flat()[0]
      } finally {
        await client.end()
      }
    }
    const connection = await createConnection({ ...login, socketPath: socket, rowsAsArray: true })
    try {
      const [rows] = await connection.query(sql)
      return Array.isArray(rows) ? rows.flat()[0] : undefined
    } finally {
      connection.destroy()
    }
  }

  const write = async (engine: Engine, name = 'shop'): Promise<void> => {
    await asOwner(engine, 'CREATE TABLE orders (number INTEGER)', name)
    await asOwner(engine, 'INSERT INTO orders VALUES (42)', name)
  }
  const read = (engine: Engine, name = 'shop'): Promise<unknown> => asOwner(engine, 'SELECT number FROM orders', name)
  const reads = (engine: Engine): Promise<boolean> =>
    read(engine).then(
      (number) => number === 42,
      () => false,
    )

  const docker = async (...args: string[]): Promise<string> => {
    const { code, out, err } = await palisade.program('docker', '--context', ACCOUNT, ...args)
    if (code !== 0) throw new Error(err)
    return out.trim()
  }

  const condition = async (type: string): Promise<Record<string, unknown> | undefined> => {
    const file = join(palisade.paths.state, 'status', 'accounts', `${ACCOUNT}.json`)
    const { status } = JSON.parse(await readFile(file, 'utf8'))
    return status.conditions.find((one: Record<string, unknown>) => one.type === type)
  }

  beforeAll(async () => {
    palisade = await installation({ instance: 'pk3', ipv4Pool: '10.104.0.0/24', uidBase: 1_053_000_000 })
    tree = join(palisade.paths.state, 'tenants', ACCOUNT)
    await palisade.start()
    await put([MARIADB, MYSQL, POSTGRES])
    const { code, out, err } = await palisade.cli('wait', ACCOUNT, '--for=Ready', '--timeout', '15m')
    if (code !== 0) throw new Error(`${out}${err}`)
  }, 1_000_000)

  afterAll(() => palisade?.remove())

  it.each(ENGINES)('%s serves its schema to its owner', async (engine) => {
    await write(engine)
    expect(await read(engine)).toBe(42)
    expect(await docker('inspect', '--format', '{{.State.Health.Status}}', engine)).not.toBe('unhealthy')
  })

  it.each(['mariadb', 'mysql'] as const)('phpMyAdmin lists the schema of %s to who logs in', async (engine) => {
    const schemasAfterLogin = async (password: string) => {
      const browser = new Browser(palisade.httpPort, admin(engine).domain)
      const { status, body } = await browser.open('/')
      expect(status).toBe(200)
      const field = (name: string): string => new RegExp(`name="${name}" value="([^"]*)"`).exec(body)?.[1] ?? ''
      const [token, session] = [field('token'), field('set_session')]
      const fields = { pma_username: 'shop', pma_password: password, server: '1', token, set_session: session }
      await browser.open('/index.php?route=/', fields)
      return (await browser.open('/index.php?route=/server/databases')).body
    }
    expect(await schemasAfterLogin('wrong')).toContain('pma_username')
    const schemas = await schemasAfterLogin(await passwordOf(engine))
    expect(schemas).not.toContain('pma_username')
    expect(schemas).toMatch(/[?&;]db=shop\b/)
  })

  it('the file manager lists the sites to who logs in, and nothing to others', async () => {
    const ask = (headers: Record<string, string> = {}) =>
      get(palisade.httpPort, 'files.k3.example', '/api/v1/fs/', headers)
    const login = (password: string) => ({
      Authorization: `Basic ${Buffer.from(`${ACCOUNT}:${password}`).toString('base64')}`,
    })
    const password = await readFile(join(tree, 'secrets', 'filemanager', 'password'), 'utf8')
    expect((await ask()).status).toBe(401)
    expect((await ask(login('wrong'))).status).toBe(401)
    const listing = await ask(login(password.trim()))
    expect(listing.status).toBe(200)
    expect(JSON.parse(listing.body).files.map(({ name }: { name: string }) => name)).toEqual(['k3.example'])
    const inspected = await docker('inspect', 'filemanager')
    expect(inspected).not.toContain(password.trim())
    const environment = await docker('exec', 'filemanager', 'sh', '-c', 'tr "\\0" "\\n" </proc/1/environ')
    expect(environment).not.toContain(password.trim())
  })

  it('data survives the removal of every container', async () => {
    const before = await docker(
      'ps',
      '--quiet',
      '--no-trunc',
      ...ENGINES.flatMap((name) => ['--filter', `name=^/${name}$`]),
    )
    await docker('rm', '--force', ...ENGINES)
    for (const engine of ENGINES) await eventually(`${engine} has its data`, () => reads(engine), 120_000)
    await ready()
    const after = await docker('ps', '--quiet', '--no-trunc')
    for (const id of before.split('\n')) expect(after).not.toContain(id)
  }, 200_000)

  it('data survives the end of the engine', async () => {
    const { pid } = JSON.parse(await readFile(join(palisade.paths.run, 'tenants', ACCOUNT, 'engine.json'), 'utf8'))
    process.kill(pid, 'SIGKILL')
    for (const engine of ENGINES) expect(await read(engine)).toBe(42)
    await eventually(
      'another engine answers',
      () =>
        docker('ps').then(
          () => true,
          () => false,
        ),
      60_000,
    )
    await ready()
    for (const engine of ENGINES) expect(await read(engine)).toBe(42)
  }, 200_000)

  it('an upgrade takes the data along', async () => {
    await become([{ ...MARIADB, version: '11.8' }, MYSQL, POSTGRES])
    expect(await asOwner('mariadb', 'SELECT VERSION()')).toMatch(/^11\.8\./)
    expect(await read('mariadb')).toBe(42)
  }, 600_000)

  it('a downgrade is refused with the way out, and the rest of the change is made', async () => {
    await put([{ ...MARIADB, schemas: [schema('shop'), schema('blog')] }, MYSQL, POSTGRES], {
      sites: [{ domain: 'k3.example' }, { domain: 'new.k3.example' }],
    })
    await eventually(
      'the downgrade is refused',
      async () => (await condition('Ready'))?.reason === 'DowngradeRefused',
      60_000,
    )
    expect((await condition('ServicesReady'))?.message).toContain('dump its schemas in 11.8')
    expect(await asOwner('mariadb', 'SELECT VERSION()', 'blog')).toMatch(/^11\.8\./)
    expect((await get(palisade.httpPort, 'new.k3.example')).status).toBe(200)
    await put([{ ...MARIADB, version: '11.8' }, MYSQL, { ...POSTGRES, version: '17' }])
    await eventually(
      'the upgrade is refused',
      async () => (await condition('Ready'))?.reason === 'UpgradeRefused',
      60_000,
    )
    expect(await asOwner('postgres', 'SHOW server_version')).toMatch(/^15\./)
  }, 200_000)

  it('a schema and an engine that are put back find their data', async () => {
    const mariadb = { ...MARIADB, version: '11.8' }
    await become([{ ...mariadb, schemas: [] }, POSTGRES])
    expect(await docker('ps', '--all', '--format', '{{.Names}}')).not.toMatch(/mysql/)
    expect(await exists(join(tree, 'sockets', 'mysql'))).toBe(false)
    await become([mariadb, MYSQL, POSTGRES])
    for (const engine of ENGINES) expect(await read(engine)).toBe(42)
  }, 300_000)

  it('a new password is in force, and the former is not', async () => {
    for (const engine of ENGINES) {
      const former = await passwordOf(engine)
      const { code, err } = await palisade.cli('rotate-password', ACCOUNT, engine, 'shop')
      expect(err + code).toBe('0')
      await ready()
      expect(await passwordOf(engine)).not.toBe(former)
      expect(await read(engine)).toBe(42)
      await expect(asOwner(engine, 'SELECT 1', 'shop', former)).rejects.toThrow(/denied|authentication failed/)
    }
  }, 120_000)

  it('what leaves while the policy says so is gone, and what was kept before stays', async () => {
    const mariadb = { ...MARIADB, version: '11.8' }
    await become([{ ...mariadb, schemas: [] }, MYSQL, POSTGRES])
    await become(
      [
        { ...mariadb, schemas: [] },
        { ...MYSQL, schemas: [] },
      ],
      { removedData: 'delete' },
    )
    expect(await readdir(join(tree, 'data'))).toEqual(['mariadb', 'mysql'])
    expect(await readdir(join(tree, 'secrets', 'app'))).toEqual(['mariadb-blog', 'mariadb-shop'])
    await become([mariadb, MYSQL, POSTGRES], { removedData: 'delete' })
    expect(await read('mariadb')).toBe(42)
    for (const engine of ['mysql', 'postgres'] as const)
      await expect(read(engine)).rejects.toThrow(/doesn't exist|does not exist/)
  }, 300_000)
})
