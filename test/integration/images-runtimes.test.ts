import { createHash } from 'node:crypto'
import { chown, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { env, pid } from 'node:process'
import { text } from 'node:stream/consumers'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { loadRecipes, type Recipe } from '../../src/drivers/images/recipe.ts'
import { RecipeImages } from '../../src/drivers/images/recipe-images.ts'
import { type DockerEngine, startDockerEngine } from '../fixtures/docker-engine.ts'
import { eventually } from '../fixtures/eventually.ts'

const CACHE = env.PALISADE_IMAGE_CACHE ?? '/var/cache/palisade/images'
const BUILD_TIMEOUT_MS = 900_000
const USER = 1000
const never = new AbortController().signal

let directory: string
let engine: DockerEngine
let recipes: ReadonlyMap<string, Recipe>

const imageOf = (name: string): string => {
  const recipe = recipes.get(name)
  if (recipe === undefined) throw new Error(`no recipe ${name}`)
  return recipe.image
}

const load = async (name: string): Promise<void> => {
  const images = new RecipeImages({ recipes, cacheDirectory: CACHE, report: () => undefined })
  await engine.docker('load', '--quiet', '--input', await images.archive(imageOf(name), never))
}

/** What a tenant's services are held by: nothing is allowed that is not named here. */
const HARDENED = [
  ...['--init', '--network', 'none', '--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'],
  ...['--user', `${USER}:${USER}`, '--pids-limit', '128'],
  ...['--tmpfs', `/tmp:uid=${USER},gid=${USER},mode=0700,size=64m`],
]

const run = (name: string, ...command: string[]): Promise<string> =>
  engine.docker('run', '--rm', ...HARDENED, imageOf(name), ...command)

/** Serves `files` from /srv/app, with a directory for sockets on /run/app. */
const serve = async (
  name: string,
  files: Readonly<Record<string, string>>,
  command: readonly string[],
): Promise<string> => {
  const place = await mkdtemp(join(directory, `${name}-`))
  const [app, sockets] = [join(place, 'app'), join(place, 'sockets')]
  await Promise.all([mkdir(app), mkdir(sockets)])
  await chown(sockets, USER, USER)
  await Promise.all(Object.entries(files).map(([path, content]) => writeFile(join(app, path), content)))
  await engine.docker(
    ...['run', '--detach', '--name', name, ...HARDENED, '--workdir', '/srv/app'],
    ...['--volume', `${app}:/srv/app:ro`, '--volume', `${sockets}:/run/app`, imageOf(name), ...command],
  )
  return join(sockets, 'app.sock')
}

interface Answer {
  readonly status: number
  readonly body: string
}

const ask = (socketPath: string, path = '/'): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const asking = request({ socketPath, path }, (response) => {
      text(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject)
    })
    asking.on('error', reject).end()
  })

const answers = async (name: string, socket: string): Promise<Answer> => {
  await eventually(`${name} answers`, () =>
    ask(socket).then(
      () => true,
      () => false,
    ),
  )
  return ask(socket)
}

beforeAll(async () => {
  recipes = await loadRecipes(join(import.meta.dirname, '../../images'))
  directory = await mkdtemp(join(tmpdir(), 'palisade-runtimes-'))
  engine = await startDockerEngine({
    socket: join(directory, 'docker.sock'),
    directory: join(directory, 'engine'),
    cgroupParent: `/palisade-runtimes-test-${pid}`,
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

describe.each([
  ['node-20.1', /^v20\.1\.0$/],
  ['node-22', /^v22\.\d+\.\d+$/],
  ['node-24', /^v24\.\d+\.\d+$/],
])('%s', (name, version) => {
  beforeAll(() => load(name), BUILD_TIMEOUT_MS)

  it('runs an application on a socket', async () => {
    const application = `
      import { createServer } from 'node:http'
      createServer((_, response) => response.end(process.version)).listen('/run/app/app.sock')`
    const socket = await serve(name, { 'server.mjs': application }, ['node', 'server.mjs'])
    const { status, body } = await answers(name, socket)
    expect(status).toBe(200)
    expect(body).toMatch(version)
  })

  it('gives to node what is an option or a file, as the official image does', async () => {
    expect(await run(name, '--version')).toMatch(version)
    expect(await run(name, '--print', 'require("node:tls").rootCertificates.length > 0')).toBe('true')
    expect(await run(name, 'sh', '-c', 'command -v node')).toBe('/usr/local/bin/node')
  })

  it('installs packages of an application', async () => {
    const install = `cd /tmp && mkdir -p app/lib && cd app && echo '{"name":"lib","version":"1.0.0"}' > lib/package.json &&
      npm install --offline ./lib >&2 && npm ls --json`
    const listed = JSON.parse(await run(name, 'sh', '-c', install))
    expect(listed.dependencies.lib.version).toBe('1.0.0')
    expect(await run(name, 'npx', '--version')).toBe(await run(name, 'npm', '--version'))
  })
})

const WSGI = `
import sys, psycopg2, pymemcache, pymysql, redis
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [sys.version.encode()]
`

const ASGI = `
import sys
async def app(scope, receive, send):
    assert scope["type"] == "http"
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": sys.version.encode()})
`

describe.each([
  ['python-3.11', '3.11.'],
  ['python-3.13', '3.13.'],
])('%s', (name, version) => {
  beforeAll(() => load(name), BUILD_TIMEOUT_MS)

  it.each([
    ['WSGI under gunicorn', WSGI, ['gunicorn', '--bind', 'unix:/run/app/app.sock', 'main:app']],
    [
      'ASGI under gunicorn',
      ASGI,
      ['gunicorn', '--bind', 'unix:/run/app/app.sock', '-k', 'uvicorn.workers.UvicornWorker', 'main:app'],
    ],
    ['ASGI under uvicorn', ASGI, ['uvicorn', '--uds', '/run/app/app.sock', '--lifespan', 'off', 'main:app']],
  ])('runs an application of %s on a socket', async (_what, application, command) => {
    const socket = await serve(name, { 'main.py': application }, ['python3', '-m', ...command])
    const { status, body } = await answers(name, socket)
    expect(status).toBe(200)
    expect(body.startsWith(version)).toBe(true)
  })

  it('has the interpreter under both names, and makes virtual environments', async () => {
    expect(await run(name, 'python', '--version')).toContain(`Python ${version}`)
    expect(
      await run(name, 'python3', '-c', 'import ssl; print(len(ssl.create_default_context().get_ca_certs()) > 9)'),
    ).toBe('True')
    expect(await run(name, 'sh', '-c', 'python3 -m venv /tmp/venv && /tmp/venv/bin/python -m pip --version')).toContain(
      '/tmp/venv/',
    )
  })
})

describe('filemanager', () => {
  const NAME = 'filemanager'
  const PASSWORD = 'correct horse'
  let files: string

  beforeAll(() => load(NAME), BUILD_TIMEOUT_MS)

  const start = async (...options: string[]): Promise<void> => {
    const place = await mkdtemp(join(directory, 'files-'))
    files = join(place, 'files')
    await mkdir(files)
    await writeFile(join(files, 'secret.txt'), 'of the tenant')
    await chown(files, USER, USER)
    const password = createHash('sha512').update(PASSWORD).digest('hex')
    const settings = join(place, 'settings.json')
    await writeFile(settings, JSON.stringify({ username: 'alice', password }), { mode: 0o400 })
    await chown(settings, USER, USER)
    await engine.docker(
      ...['run', '--detach', '--name', NAME, ...HARDENED, '--env', 'CLOUDCMD_ROOT=/srv/files'],
      ...['--volume', `${files}:/srv/files`, '--volume', `${settings}:/tmp/.cloudcmd.json:ro`],
      ...[...options, imageOf(NAME)],
    )
  }

  /** Asks from inside: the container has no network. */
  const fetched = async (path: string, init: RequestInit = {}): Promise<Answer> => {
    const script = `
      const response = await fetch('http://127.0.0.1:8000' + process.argv[1], JSON.parse(process.argv[2]))
      console.log(JSON.stringify({ status: response.status, body: await response.text() }))`
    const options = ['--input-type=module', '--eval', script]
    return JSON.parse(await engine.docker('exec', NAME, 'node', ...options, path, JSON.stringify(init)))
  }

  const loggedIn = (password = PASSWORD) => ({
    headers: { authorization: `Basic ${Buffer.from(`alice:${password}`).toString('base64')}` },
  })

  const listens = (): Promise<void> =>
    eventually('the file manager listens', () =>
      fetched('/').then(
        () => true,
        () => false,
      ),
    )

  it('lists, reads and writes files behind its login', async () => {
    await start()
    await listens()
    const page = await fetched('/', loggedIn())
    expect(page.status).toBe(200)
    expect(page.body).toContain('secret.txt')
    expect((await fetched('/api/v1/fs/secret.txt', loggedIn())).body).toBe('of the tenant')
    const written = await fetched('/api/v1/fs/new.txt', { ...loggedIn(), method: 'PUT', body: 'fresh' })
    expect(written.status).toBe(200)
    expect(await readFile(join(files, 'new.txt'), 'utf8')).toBe('fresh')
  })

  it('serves its editor', async () => {
    await start()
    await listens()
    for (const path of ['/edward/edward.js', '/edward/modules/ace-builds/src-min/ace.js', '/socket.io/socket.io.js']) {
      expect(`${path} ${(await fetched(path, loggedIn())).status}`).toBe(`${path} 200`)
    }
  })

  it('shows and changes nothing without the login, on the routes of its editors either', async () => {
    await start()
    await listens()
    for (const prefix of ['', '/edward', '/dword', '/deepword', '/fileop']) {
      const path = `${prefix}/api/v1/fs/secret.txt`
      expect((await fetched(path)).status).toBe(401)
      expect((await fetched(path, loggedIn('wrong'))).status).toBe(401)
      expect((await fetched(path, { method: 'PUT', body: 'changed' })).status).toBe(401)
      expect((await fetched(path, { method: 'DELETE' })).status).toBe(401)
    }
    expect(await readFile(join(files, 'secret.txt'), 'utf8')).toBe('of the tenant')
  })

  it('has no terminal, no console, and no way to switch them on', async () => {
    await start()
    await listens()
    const settings = JSON.parse((await fetched('/api/v1/config', loggedIn())).body)
    expect(settings).toMatchObject({ auth: true, console: false, terminal: false, configDialog: false })
    const change = { ...loggedIn(), method: 'PATCH', body: JSON.stringify({ console: true }) }
    expect((await fetched('/api/v1/config', change)).status).toBe(404)
    expect((await fetched('/console/console.js', loggedIn())).status).toBe(404)
  })

  it('does not start with the password that everybody knows', async () => {
    await engine.docker('run', '--detach', '--name', NAME, ...HARDENED, imageOf(NAME))
    expect(await engine.docker('wait', NAME)).toBe('1')
  })
})
