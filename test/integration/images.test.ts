import { access, chown, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { env, pid } from 'node:process'
import { createConnection, type RowDataPacket } from 'mysql2/promise'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { loadRecipes, type Recipe } from '../../src/drivers/images/recipe.ts'
import { RecipeImages } from '../../src/drivers/images/recipe-images.ts'
import { type DockerEngine, startDockerEngine } from '../fixtures/docker-engine.ts'
import { eventually } from '../fixtures/eventually.ts'

const CACHE = env.PALISADE_IMAGE_CACHE ?? '/var/cache/palisade/images'
const BUILD_TIMEOUT_MS = 900_000
const never = new AbortController().signal

let directory: string
let engine: DockerEngine
let recipes: ReadonlyMap<string, Recipe>

const imagesOf = (known: ReadonlyMap<string, Recipe>) =>
  new RecipeImages({ recipes: known, cacheDirectory: CACHE, report: () => undefined })

const recipeNamed = (name: string): Recipe => {
  const recipe = recipes.get(name)
  if (recipe === undefined) throw new Error(`no recipe ${name}`)
  return recipe
}

const load = async (name: string): Promise<void> => {
  await engine.docker('load', '--quiet', '--input', await imagesOf(recipes).archive(recipeNamed(name).image, never))
}

/** Starts a container as a tenant's services are started: nothing is allowed that is not named here. */
const start = (name: string, user: number, options: readonly string[], command: readonly string[] = []) =>
  engine.docker(
    ...['run', '--detach', '--name', name, '--init', '--network', 'none', '--read-only', '--cap-drop', 'ALL'],
    ...['--security-opt', 'no-new-privileges', '--user', `${user}:${user}`, '--pids-limit', '128'],
    ...['--tmpfs', `/tmp:uid=${user},gid=${user},mode=0700,size=64m`],
    ...options,
    recipeNamed(name).image,
    ...command,
  )

const succeeds = (...args: string[]): Promise<boolean> =>
  engine.docker(...args).then(
    () => true,
    () => false,
  )

const directoryOf = async (path: string, user: number): Promise<string> => {
  await mkdir(path, { recursive: true })
  await chown(path, user, user)
  return path
}

/** Lets builds in another cache start from the bases of the shared one. */
const symlinkBases = async (cacheDirectory: string): Promise<void> => {
  await mkdir(cacheDirectory)
  const bases = (await readdir(CACHE)).filter((name) => name.startsWith('base-'))
  await Promise.all(bases.map((name) => symlink(join(CACHE, name), join(cacheDirectory, name))))
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

beforeAll(async () => {
  recipes = await loadRecipes(join(import.meta.dirname, '../../images'))
  directory = await mkdtemp(join(tmpdir(), 'palisade-images-'))
  engine = await startDockerEngine({
    socket: join(directory, 'docker.sock'),
    directory: join(directory, 'engine'),
    cgroupParent: `/palisade-images-test-${pid}`,
  })
})

afterEach(async () => {
  const containers = (await engine.docker('ps', '--all', '--quiet')).split('\n').filter((id) => id !== '')
  if (containers.length > 0) await engine.docker('rm', '--force', '--volumes', ...containers)
})

afterAll(async () => {
  await engine?.stop()
  await rm(directory, { recursive: true, force: true })
})

describe('a recipe that cannot be built', () => {
  it('is reported with the reason, and leaves nothing behind', { timeout: BUILD_TIMEOUT_MS }, async () => {
    const broken: Recipe = {
      name: 'broken',
      image: 'palisade/broken:000000000000',
      digest: '000000000000',
      overlay: [],
      definition: { description: 'Broken', suite: 'bookworm', packages: ['palisade-no-such-package'], config: {} },
    }
    await expect(imagesOf(new Map([['broken', broken]])).archive(broken.image, never)).rejects.toMatchObject({
      reason: 'ImageUnavailable',
      message: expect.stringContaining('Unable to locate package palisade-no-such-package'),
    })
    expect(
      (await readdir(CACHE)).filter((name) => name.includes('broken') || name.startsWith(`.build-${pid}`)),
    ).toEqual([])
  })
})

describe('a package from npm that is not the one of the lock', () => {
  it('ends the build with the reason, and leaves nothing behind', { timeout: BUILD_TIMEOUT_MS }, async () => {
    const cacheDirectory = join(directory, 'npm')
    const dependencies = { 'empty-module': '0.0.2' }
    const locked = { version: '0.0.2', integrity: `sha512-${Buffer.alloc(64).toString('base64')}` }
    const tampered: Recipe = {
      ...recipeNamed('nginx'),
      npm: {
        to: 'opt/app',
        manifest: JSON.stringify({ dependencies }),
        lock: JSON.stringify({
          lockfileVersion: 3,
          packages: { '': { dependencies }, 'node_modules/empty-module': locked },
        }),
      },
    }
    await symlinkBases(cacheDirectory)
    const images = new RecipeImages({
      recipes: new Map([['nginx', tampered]]),
      cacheDirectory,
      report: () => undefined,
    })
    await expect(images.archive(tampered.image, never)).rejects.toMatchObject({
      reason: 'ImageUnavailable',
      message: expect.stringContaining('EINTEGRITY'),
    })
    expect((await readdir(cacheDirectory)).filter((name) => !name.startsWith('base-'))).toEqual([])
  })
})

describe('a build that is aborted', () => {
  it('ends soon, with its processes and files', { timeout: BUILD_TIMEOUT_MS }, async () => {
    const aborting = new AbortController()
    const cacheDirectory = join(directory, 'aborted')
    const images = new RecipeImages({
      recipes,
      cacheDirectory,
      report: ({ message }) => {
        if (message.startsWith('extracting archives')) aborting.abort()
      },
    })
    await expect(images.archive(recipeNamed('nginx').image, aborting.signal)).rejects.toThrow('aborted')
    expect(await readdir(cacheDirectory)).toEqual([])
  })
})

describe('nginx', () => {
  beforeAll(() => load('nginx'), BUILD_TIMEOUT_MS)

  it('serves its page as another user, on port 80', async () => {
    await start('nginx', 101, ['--tmpfs', '/run:uid=101,gid=101,mode=0755'])
    await eventually('nginx answers', () => succeeds('exec', 'nginx', 'curl', '-fsS', 'http://127.0.0.1/'))
    expect(await engine.docker('exec', 'nginx', 'curl', '-fsS', 'http://127.0.0.1/')).toContain('nginx is running')
    expect(await engine.docker('logs', 'nginx')).toContain('"GET / HTTP/1.1" 200')
  })

  it('takes a configuration of the operator, and reads it again on a signal', async () => {
    const path = join(directory, 'nginx.conf')
    const configure = (text: string): Promise<void> =>
      writeFile(path, `pid /tmp/nginx.pid; events {} http { server { listen 80; return 200 ${text}; } }`)
    const answers = (text: string) => async (): Promise<boolean> =>
      (await engine.docker('exec', 'nginx', 'curl', '-sS', 'http://127.0.0.1/').catch(() => '')) === text
    await configure('first')
    await start('nginx', 101, ['--volume', `${path}:/etc/nginx/nginx.conf:ro`])
    await eventually('nginx answers by the configuration', answers('first'))
    await configure('second')
    await engine.docker('kill', '--signal', 'HUP', 'nginx')
    await eventually('nginx answers by the new configuration', answers('second'))
  })
})

describe.each([
  ['php-8.2', '8.2.'],
  ['php-8.4', '8.4.'],
])('%s', (name, version) => {
  beforeAll(() => load(name), BUILD_TIMEOUT_MS)

  const request = (script: string, socket: string): Promise<string> =>
    engine.docker(
      ...['exec', '--env', `SCRIPT_NAME=${script}`, '--env', `SCRIPT_FILENAME=${script}`],
      ...['--env', 'REQUEST_METHOD=GET', name, 'cgi-fcgi', '-bind', '-connect', socket],
    )

  it('answers a ping and runs a page with the usual extensions over its socket', async () => {
    const sockets = await directoryOf(join(directory, name, 'sockets'), 1000)
    const pools = await directoryOf(join(directory, name, 'pools'), 0)
    const settings = await directoryOf(join(directory, name, 'settings'), 0)
    const page = `<?php session_start(); echo json_encode([phpversion(), ini_get('memory_limit'), get_loaded_extensions()]);`
    await writeFile(join(directory, name, 'page.php'), page)
    await writeFile(
      join(pools, 'www.conf'),
      '[www]\nlisten = /run/fpm/fpm.sock\npm = ondemand\npm.max_children = 2\nping.path = /ping\n',
    )
    await writeFile(join(settings, 'limits.ini'), 'memory_limit = 77M\n')
    await start(name, 1000, [
      ...['--volume', `${sockets}:/run/fpm`, '--volume', `${join(directory, name)}:/var/www:ro`],
      ...['--volume', `${pools}:/usr/local/etc/php-fpm.d:ro`, '--volume', `${settings}:/usr/local/etc/php/conf.d:ro`],
    ])
    await eventually('the pool answers a ping', async () =>
      (await request('/ping', '/run/fpm/fpm.sock').catch(() => '')).endsWith('pong'),
    )
    const answer = await request('/var/www/page.php', '/run/fpm/fpm.sock')
    const [running, memoryLimit, extensions]: [string, string, string[]] = JSON.parse(answer.slice(answer.indexOf('[')))
    expect(running.startsWith(version)).toBe(true)
    expect(memoryLimit).toBe('77M')
    const wanted = ['mysqli', 'pdo_mysql', 'mbstring', 'xml', 'curl', 'gd', 'zip', 'intl', 'Zend OPcache']
    expect(extensions).toEqual(expect.arrayContaining(wanted))
  })

  it('starts with its own pool, and has the command line', async () => {
    await start(name, 1000, [])
    await eventually('the pool answers a ping', async () =>
      (await request('/ping', '127.0.0.1:9000').catch(() => '')).endsWith('pong'),
    )
    expect(await engine.docker('exec', name, 'php', '-v')).toContain(`PHP ${version}`)
  })
})

describe('mariadb-10.11', () => {
  const NAME = 'mariadb-10.11'
  const OWNER = 999
  const PASSWORD = `it's "a" \\ $pass\`word\` ; %s é -- #`
  let place: string

  beforeAll(() => load(NAME), BUILD_TIMEOUT_MS)

  const server = async (...options: string[]): Promise<void> => {
    const data = await directoryOf(join(place, 'data'), OWNER)
    const sockets = await directoryOf(join(place, 'sockets'), OWNER)
    await writeFile(join(place, 'root'), `${PASSWORD}\n`, { mode: 0o400 })
    await chown(join(place, 'root'), OWNER, OWNER)
    await start(NAME, OWNER, [
      ...['--volume', `${data}:/var/lib/mysql`, '--volume', `${sockets}:/run/mysqld`],
      ...['--volume', `${join(place, 'root')}:/run/secrets/root:ro`],
      ...['--env', 'MARIADB_ROOT_PASSWORD_FILE=/run/secrets/root'],
      ...options,
    ])
  }

  const healthy = (): Promise<boolean> => succeeds('exec', NAME, 'healthcheck.sh', '--connect', '--innodb_initialized')

  const query = async (user: string, password: string, statement: string): Promise<RowDataPacket[]> => {
    const connection = await createConnection({ socketPath: join(place, 'sockets/mysqld.sock'), user, password })
    try {
      const [rows] = await connection.query<RowDataPacket[]>(statement)
      return rows
    } finally {
      connection.destroy()
    }
  }

  it('lets root in by password from outside, and keeps its data over a restart', async () => {
    place = await directoryOf(join(directory, 'kept'), 0)
    await server()
    await eventually('the server is healthy', healthy)
    await query('root', PASSWORD, 'CREATE DATABASE shop')
    await query('root', PASSWORD, 'CREATE TABLE shop.orders SELECT 42 AS number')
    await engine.docker('restart', '--time', '30', NAME)
    await eventually('the server is healthy again', healthy)
    expect(await query('root', PASSWORD, 'SELECT number FROM shop.orders')).toEqual([{ number: 42 }])
    expect((await engine.docker('logs', NAME)).match(/is initialised/g)).toHaveLength(1)
  })

  it('has no other account that could be used, and no password-less one', async () => {
    place = await directoryOf(join(directory, 'accounts'), 0)
    await server()
    await eventually('the server is healthy', healthy)
    const accounts = await query(
      'root',
      PASSWORD,
      'SELECT CONCAT(User, "@", Host) AS name FROM mysql.global_priv ORDER BY 1',
    )
    expect(accounts.map((row) => row.name)).toEqual([
      'healthcheck@localhost',
      'mariadb.sys@localhost',
      'root@localhost',
    ])
    await expect(query('root', '', 'SELECT 1')).rejects.toThrow('Access denied')
    await expect(query('root', `${PASSWORD}x`, 'SELECT 1')).rejects.toThrow('Access denied')
    await expect(query('healthcheck', '', 'SELECT 1')).rejects.toThrow('Access denied')
    await expect(query('mariadb.sys', '', 'SELECT 1')).rejects.toThrow('Access denied')
  })

  it('makes the database and the user of the official variables', async () => {
    place = await directoryOf(join(directory, 'variables'), 0)
    const password = `pass'word\\`
    await server(
      '--env',
      'MARIADB_DATABASE=my_shop',
      '--env',
      'MARIADB_USER=ow`ner',
      '--env',
      `MARIADB_PASSWORD=${password}`,
    )
    await eventually('the server is healthy', healthy)
    await query('ow`ner', password, 'CREATE TABLE my_shop.t SELECT 1 AS a')
    expect(await query('ow`ner', password, 'SELECT a FROM my_shop.t')).toEqual([{ a: 1 }])
    await expect(query('ow`ner', password, 'CREATE DATABASE myxshop')).rejects.toThrow('Access denied')
  })

  it('begins anew after a crash in the middle of the initialisation', async () => {
    place = await directoryOf(join(directory, 'crashed'), 0)
    const marker = join(place, 'data/.initialising')
    // Slow, so that the crash is in the middle for sure.
    await server('--cpus', '0.1')
    await eventually('some of the data directory is written', () => exists(join(place, 'data/ibdata1')))
    await engine.docker('kill', NAME)
    expect(await exists(marker)).toBe(true)
    await engine.docker('update', '--cpus', '1', NAME)
    await engine.docker('start', NAME)
    await eventually('the server is healthy', healthy)
    expect(await exists(marker)).toBe(false)
    const [row] = await query('root', PASSWORD, 'SELECT COUNT(*) AS views FROM information_schema.VIEWS')
    expect(row?.views).toBeGreaterThan(0)
  })

  it('refuses a directory that holds something else, and leaves that alone', async () => {
    place = await directoryOf(join(directory, 'foreign'), 0)
    const precious = join(await directoryOf(join(place, 'data'), OWNER), 'precious.txt')
    await writeFile(precious, 'kept')
    await server()
    expect(await engine.docker('wait', NAME)).toBe('1')
    expect(await exists(precious)).toBe(true)
  })
})
