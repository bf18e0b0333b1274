import { execFile } from 'node:child_process'
import { cp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AccountStatus } from '../../src/control/account-status.ts'
import { eventually } from '../fixtures/eventually.ts'
import { type Got, get } from '../fixtures/get.ts'
import { echoUpgraded } from '../fixtures/http.ts'
import { type Installation, installation } from '../fixtures/installation.ts'
import { type SteadyResult, steadyRequests } from '../fixtures/steady-requests.ts'

const ACCOUNT = 'pk2apps'
const NODE = 'node.localhost'
const WSGI = 'wsgi.localhost'
const SITES = [NODE, WSGI, 'asgi.localhost', 'php.localhost', 'plain.localhost']
const SETTLES_WITHIN_MS = 90_000

const run = promisify(execFile)

describe('applications', () => {
  let palisade: Installation
  let spec: string

  const ask = (host: string, path = '/'): Promise<Got> => get(palisade.httpPort, host, path)
  const told = async (host: string, path = '/') => {
    const { status, body } = await ask(host, path)
    if (status !== 200) throw new Error(`${host}${path}: ${status} ${body.slice(0, 500)}`)
    return JSON.parse(body)
  }
  const edit = async (from: string, to: string): Promise<void> => {
    const text = await readFile(spec, 'utf8')
    expect(text).toContain(from)
    await writeFile(spec, text.replace(from, to))
  }
  const isSettled = async (): Promise<boolean> => (await palisade.cli('plan', ACCOUNT, '--exit-code')).code === 0
  const settles = (what: string): Promise<void> => eventually(what, isSettled, SETTLES_WITHIN_MS)
  const docker = async (...args: string[]): Promise<string> => {
    const { code, out, err } = await palisade.program('docker', '--context', ACCOUNT, ...args)
    if (code !== 0) throw new Error(`docker ${args.join(' ')}: ${err}`)
    return out.trim()
  }
  const containers = async (service: string): Promise<string[]> =>
    (await docker('ps', '--all', '--filter', `label=palisade.dev/service=${service}`, '--format', '{{.Names}}'))
      .split('\n')
      .filter((name) => name !== '')
  const status = async (): Promise<AccountStatus['status']> =>
    JSON.parse(await readFile(join(palisade.paths.state, 'status/accounts', `${ACCOUNT}.json`), 'utf8')).status

  /** Pages of all sites, asked for again and again while `change` goes on. */
  const underLoad = async (change: () => Promise<void>): Promise<readonly SteadyResult[]> => {
    const paths: readonly (readonly [host: string, path: string])[] = [
      ...SITES.map((host) => [host, '/'] as const),
      [NODE, '/slow'],
    ]
    const clients = paths.map(([host, path]) => steadyRequests(() => ask(host, path), 1))
    try {
      await change()
    } finally {
      await Promise.all(clients.map((client) => client.stop()))
    }
    return Promise.all(clients.map((client) => client.stop()))
  }

  const expectNoFailure = (results: readonly SteadyResult[]): void => {
    for (const { answered, failures } of results) {
      expect(answered).toBeGreaterThan(0)
      expect(failures).toEqual([])
    }
  }

  beforeAll(async () => {
    palisade = await installation({ instance: 'pk2', ipv4Pool: '10.103.0.0/24', uidBase: 1_052_000_000 })
    const specs = join(palisade.paths.specs, 'apps')
    await cp(join(import.meta.dirname, '../fixtures/apps'), specs, { recursive: true })
    spec = join(specs, 'account.yaml')
    await palisade.start()
    const { code, err } = await palisade.cli('wait', ACCOUNT, '--for=Ready', '--timeout', '10m')
    expect(err + code).toMatch(/0$/)
  }, 900_000)

  afterAll(async () => {
    await palisade?.remove()
  })

  it.each([
    [NODE, /^v22\./],
    [WSGI, /^3\.11\./],
    ['asgi.localhost', /^3\.13\./],
    ['php.localhost', /^8\.2\./],
  ])('%s is run by its version', async (host, version) => {
    expect((await told(host)).version).toMatch(version)
  })

  it('tells code how it was asked, and takes packages of its own virtual environment first', async () => {
    expect(await told(NODE)).toMatchObject({
      scheme: 'http',
      mode: 'production',
      greeting: 'first',
      address: { port: 3000 },
    })
    expect(await told(WSGI)).toMatchObject({
      scheme: 'http',
      greeting: 'from the environment of the site',
      umask: '0022',
    })
    expect(await told('asgi.localhost')).toMatchObject({ scheme: 'http', client: ['127.0.0.1', expect.any(Number)] })
  })

  it('says what to do where no Gunicorn can be found', async () => {
    const [name = ''] = await containers(`python-${WSGI}`)
    // Without the directories that Python adds by itself.
    const serve = ['python3', '-S', '/etc/palisade/serve.py', 'wsgi', '1', 'app:application']
    await expect(docker('exec', name, ...serve)).rejects.toThrow(
      /gunicorn is neither in the image nor in .*site-packages: make the site a virtual environment with python3\.11/,
    )
  })

  it('runs in as little memory as a site can be given', async () => {
    const [name = ''] = await containers(`node-${NODE}`)
    await edit('seed: node', 'seed: node\n      memory: 64Mi')
    await settles('the smaller limit is in force')
    expect(await containers(`node-${NODE}`)).toEqual([name])
    expect(await docker('inspect', '--format', '{{.HostConfig.Memory}}', name)).toBe('67108864')
    const health = ['node', '/etc/palisade/health.cjs', '/', NODE]
    for (let turn = 0; turn < 5; turn++) await docker('exec', name, ...health)
    expect(await docker('inspect', '--format', '{{.State.OOMKilled}} {{.RestartCount}}', name)).toBe('false 0')
    await edit('seed: node\n      memory: 64Mi', 'seed: node')
    await settles('the former limit is in force')
  })

  it('lets WebSockets through', async () => {
    expect(await echoUpgraded(palisade.httpPort, NODE, 'hello')).toBe('hello')
  })

  it('keeps values in the caches for those sites that ask for them', async () => {
    const node = await told(NODE, '/caches')
    expect(node.redis).toContain('of redis')
    expect(node.memcached).toContain('of memcached')
    expect(await told(WSGI, '/caches')).toEqual({ redis: 'of redis', memcached: 'of memcached' })
    expect(await told('php.localhost')).toMatchObject({
      redis: 'of redis',
      sees: ['/run/caches/redis/redis.sock', '/run/caches'],
    })
  })

  it('shows no cache to a site that asks for none, beside one of the same version that does', async () => {
    expect(await told('plain.localhost')).toMatchObject({ redis: null, sees: [] })
  })

  it.each(['redis', 'memcached'])('gives %s no network', async (name) => {
    const pid = await docker('inspect', '--format', '{{.State.Pid}}', name)
    const { stdout } = await run('nsenter', ['--target', pid, '--net', '--', 'ip', '-oneline', 'link'])
    expect(stdout.trim().split('\n')).toHaveLength(1)
    expect(stdout).toMatch(/^\d+: lo:/)
  })

  it('lets no app administer Redis', async () => {
    const redis = (...words: string[]) =>
      docker('exec', 'redis', 'redis-cli', '-s', '/run/caches/redis/redis.sock', ...words)
    for (const words of [
      ['config', 'get', 'maxmemory'],
      ['debug', 'jmap'],
      ['module', 'list'],
      ['replicaof', '127.0.0.1', '1'],
      ['shutdown'],
      ['acl', 'setuser', 'default', '+@all'],
    ])
      expect(await redis(...words)).toMatch(/^(NOPERM|ERR DEBUG command not allowed)/)
    for (const words of [['info', 'memory'], ['keys', '*'], ['flushdb']])
      expect(await redis(...words)).not.toMatch(/^(NOPERM|ERR)/)
  })

  it('forgets what was used least, in place of refusing what is new', async () => {
    // 200 MB in all; memory is made between scripts, not within one.
    const script =
      'for i = 1, 32 do redis.call("set", tostring(math.random()), string.rep("x", 65536)) end return "done"'
    const client = ['redis-cli', '-s', '/run/caches/redis/redis.sock', '-r', '100']
    const answers = await docker('exec', 'redis', ...client, 'eval', script, '0')
    expect(new Set(answers.split('\n'))).toEqual(new Set(['done']))
    expect(await docker('inspect', '--format', '{{.State.OOMKilled}} {{.RestartCount}}', 'redis')).toBe('false 0')
  })

  it.each([
    ['the version of Node.js', ['node: "22"', 'node: "24"'], NODE, { version: expect.stringMatching(/^v24\./) }],
    ['the entry', ['entry: server.js', 'entry: other.js'], NODE, { greeting: 'first' }],
    ['the environment', ['value: "first"', 'value: "second"'], NODE, { greeting: 'second' }],
    ['the version of Python', ['python: "3.11"', 'python: "3.13"'], WSGI, { greeting: null }],
  ] as const)('changes %s without a failed request', async (_what, [from, to], host, page) => {
    const service = `${host === NODE ? 'node' : 'python'}-${host}`
    const [former] = await containers(service)
    expectNoFailure(
      await underLoad(async () => {
        await edit(from, to)
        await eventually('the former one is gone', async () => !(await containers(service)).includes(former ?? ''))
        await settles('the change is settled')
      }),
    )
    expect(await told(host)).toMatchObject(page)
  })

  it('serves on from the old container when the new one ends at once, and says which one fails', async () => {
    const service = `node-${NODE}`
    const [former] = await containers(service)
    const results = await underLoad(async () => {
      await edit('value: "second"', 'value: "broken"')
      await eventually('the status names the service', async () => {
        const { conditions } = await status()
        const ready = conditions.find(({ type }) => type === 'Ready')
        return ready?.status === 'False' && ready.message.includes(service)
      })
      await eventually('the new one was started again', async () => {
        const fresh = (await containers(service)).filter((name) => name !== former)
        const counts = await Promise.all(fresh.map((name) => docker('inspect', '--format', '{{.RestartCount}}', name)))
        return counts.some((count) => Number(count) > 2)
      })
      expect(await containers(service)).toContain(former)
      expect((await told(NODE)).greeting).toBe('second')

      await edit('value: "broken"', 'value: "third"')
      await eventually('the mended one answers', async () => (await told(NODE)).greeting === 'third', SETTLES_WITHIN_MS)
      await settles('the mended one is settled')
    })
    expectNoFailure(results)
    expect(await containers(service)).toHaveLength(1)
  })

  it('calls a site unhealthy whose health path fails, and takes the change back', async () => {
    await edit('healthPath: /up', 'healthPath: /broken')
    await eventually(
      'the status says why',
      async () => {
        const ready = (await status()).conditions.find(({ type }) => type === 'Ready')
        return ready?.status === 'False' && /asgi\.localhost.*\/broken is answered with status 500/.test(ready.message)
      },
      180_000,
    )
    expect((await ask('asgi.localhost')).status).toBe(200)
    await edit('healthPath: /broken', 'healthPath: /up')
    await settles('the former one is settled')
  }, 300_000)
})
