import { execFile, execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { request as httpsRequest } from 'node:https'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/drivers/clock.ts'
import { createCgroups, detectCgroups } from '../../src/drivers/host/cgroups.ts'
import { eventually } from '../fixtures/eventually.ts'
import { getRaw } from '../fixtures/http.ts'
import { type Installation, installation } from '../fixtures/installation.ts'
import { steadyRequests } from '../fixtures/steady-requests.ts'

const ACCOUNT = 'plqhello'
const INSTANCE = 'plq'
const HOST = 'hello.localhost'
const UID = 1_040_000_000
const SERVICES = ['mariadb', 'nginx', 'php-8.2']
const CONVERGES_WITHIN_MS = 90_000

const hierarchy = detectCgroups('/sys/fs/cgroup')
const cgroups = createCgroups({
  instance: INSTANCE,
  hierarchy,
  clock: systemClock,
  disks: () => [],
  procRoot: '/proc',
})

/** Connects from the network namespace of a process of the host. */
const canConnect = (pid: number, address: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const script = `require('net').connect(${port}, '${address}').setTimeout(2000, () => process.exit(1)).on('connect', () => process.exit(0)).on('error', () => process.exit(1))`
    execFile('nsenter', ['--target', `${pid}`, '--net', '--', process.execPath, '-e', script], (error) =>
      resolve(error === null),
    )
  })

describe('the quickstart', () => {
  let palisade: Installation
  let spec: string
  let tree: string

  const docker = async (...args: string[]): Promise<string> => {
    const { code, out, err } = await palisade.program('docker', '--context', ACCOUNT, ...args)
    if (code !== 0) throw new Error(`docker ${args.join(' ')}: ${err}`)
    return out.trim()
  }
  const page = () => getRaw(palisade.httpPort, HOST)
  const serves = async (): Promise<boolean> => {
    const { status, body } = await page().catch(() => ({ status: 0, body: '' }))
    return status === 200 && body.includes('MariaDB')
  }
  const isSettled = async (): Promise<boolean> => (await palisade.cli('plan', ACCOUNT, '--exit-code')).code === 0
  const converged = (what: string): Promise<void> =>
    eventually(what, async () => (await isSettled()) && (await serves()), CONVERGES_WITHIN_MS)
  const edit = async (from: string | RegExp, to: string): Promise<void> =>
    writeFile(spec, (await readFile(spec, 'utf8')).replace(from, to))
  /** Containers by their services. */
  const ids = async (): Promise<Map<string, string>> =>
    new Map(
      (await docker('ps', '--all', '--no-trunc', '--format', '{{.Label "palisade.dev/service"}} {{.ID}}'))
        .split('\n')
        .map((line): [string, string] => [line.split(' ')[0] ?? '', line.split(' ')[1] ?? '']),
    )
  const idOf = async (service: string): Promise<string> => (await ids()).get(service) ?? expect.unreachable(service)
  const startTimes = async (): Promise<string> =>
    docker('inspect', '--format', '{{.State.StartedAt}}', ...(await ids()).values())
  const events = async (): Promise<readonly Record<string, string>[]> =>
    (await palisade.cli('events', ACCOUNT, '--output', 'json')).out
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line))
  const passes = async (): Promise<number> =>
    (await palisade.logLines()).filter(({ msg, key }) => msg === 'pass done' && key === `Account/${ACCOUNT}`).length
  const pidOf = (file: string): number =>
    JSON.parse(readFileSync(join(palisade.paths.run, 'tenants', ACCOUNT, file), 'utf8')).pid

  beforeAll(async () => {
    palisade = await installation({ instance: INSTANCE, ipv4Pool: '10.96.0.0/24', uidBase: UID })
    tree = join(palisade.paths.state, 'tenants', ACCOUNT)
    spec = await palisade.apply('quickstart', 'hello', ACCOUNT)
    await palisade.start()
    const { code, err } = await palisade.cli('wait', ACCOUNT, '--for=Ready', '--timeout', '10m')
    expect(err + code).toMatch(/0$/)
  }, 900_000)

  afterAll(async () => {
    await palisade?.remove()
  })

  it('serves a page of PHP that reads MariaDB', async () => {
    const { status, body } = await page()
    expect(status).toBe(200)
    expect(body).toMatch(/8\.2\.\d+/)
    expect(body).toContain('from a table in its own database')
  })

  it('serves it over HTTPS too, with a certificate of the internal authority', async () => {
    const ca = readFileSync(join(palisade.paths.state, 'caddy/pki/authorities/local/root.crt'))
    const status = await new Promise((resolve, reject) => {
      const asked = httpsRequest(
        { host: '127.0.0.1', port: palisade.httpsPort, servername: HOST, ca, headers: { Host: HOST } },
        (response) => resolve(response.resume().statusCode),
      )
      asked.on('error', reject).end()
    })
    expect(status).toBe(200)
  })

  it('has a system user for ownership only', () => {
    const passwd = execFileSync('getent', ['passwd', ACCOUNT], { encoding: 'utf8' }).trim().split(':')
    expect(passwd.slice(2, 4)).toEqual([`${UID}`, `${UID}`])
    expect(passwd.at(-1)).toBe('/usr/sbin/nologin')
    expect(execFileSync('getent', ['shadow', ACCOUNT], { encoding: 'utf8' }).split(':')[1]).toMatch(/^[!*]/)
    for (const file of ['/etc/subuid', '/etc/subgid'])
      expect(readFileSync(file, 'utf8').split('\n')).toContain(`${ACCOUNT}:${UID + 10_000_000}:65536`)
    const { mode, uid } = statSync(join(tree, 'home'))
    expect([mode & 0o777, uid]).toEqual([0o700, UID])
  })

  it('is in namespaces of its own, as nobody of the host', () => {
    for (const pid of [pidOf('holder.json'), pidOf('engine.json')]) {
      for (const namespace of ['user', 'mnt', 'net'])
        expect(readlinkSync(`/proc/${pid}/ns/${namespace}`)).not.toBe(readlinkSync(`/proc/self/ns/${namespace}`))
      expect(readFileSync(`/proc/${pid}/status`, 'utf8')).toMatch(
        new RegExp(`^Uid:\\t${UID}\\t${UID}\\t${UID}\\t${UID}$`, 'm'),
      )
    }
  })

  it('has the limits of its spec, in the kernel, for the whole and for each service', async () => {
    expect(await cgroups.observe(ACCOUNT)).toEqual({ cpuMillis: 1_000, memoryBytes: 1_073_741_824, pids: 512 })
    const found = await cgroups.observeServices(ACCOUNT, [...(await ids()).values()])
    expect(found.size).toBe(SERVICES.length)
    for (const { memoryBytes, pids } of found.values()) {
      expect(memoryBytes).toBeLessThan(1_073_741_824)
      expect(pids).toBeLessThan(512)
    }
  })

  it('has one hardened container per service', async () => {
    expect([...(await ids()).keys()].sort()).toEqual(SERVICES)
    for (const container of JSON.parse(await docker('inspect', ...(await ids()).values()))) {
      expect(container.HostConfig).toMatchObject({
        CapAdd: null,
        CapDrop: ['ALL'],
        Privileged: false,
        ReadonlyRootfs: true,
        SecurityOpt: expect.arrayContaining(['no-new-privileges']),
        Init: true,
        PidMode: '',
        UsernsMode: '',
      })
      expect(container.HostConfig.MemorySwap).toBe(container.HostConfig.Memory)
      for (const { Source } of container.Mounts.filter(({ Type }: { Type: string }) => Type === 'bind'))
        expect(Source.startsWith(`${tree}/`)).toBe(true)
      const status = readFileSync(`/proc/${container.State.Pid}/status`, 'utf8')
      expect(status).toMatch(/^CapEff:\t0000000000000000$/m)
      expect(status).toMatch(/^NoNewPrivs:\t1$/m)
    }
  })

  it('keeps the database on a network without a way out', async () => {
    const [container] = JSON.parse(await docker('inspect', 'mariadb'))
    expect(Object.keys(container.NetworkSettings.Networks)).toEqual(['db'])
    expect(JSON.parse(await docker('network', 'inspect', 'db'))[0].Internal).toBe(true)
    const [web, app] = JSON.parse(await docker('inspect', 'nginx', await idOf('php-8.2')))
    const address = web.NetworkSettings.Networks.www.IPAddress
    expect(await canConnect(app.State.Pid, address, 80)).toBe(true)
    expect(await canConnect(container.State.Pid, address, 80)).toBe(false)
  })

  it('hands secrets over as files that their one reader can read, and shows them nowhere', async () => {
    const secrets = ['secrets/app/mariadb-hello', 'secrets/mariadb/root'].map((name) => join(tree, name))
    const shown = [
      await docker('inspect', ...(await ids()).values()),
      readFileSync(join(palisade.paths.state, 'status/accounts', `${ACCOUNT}.json`), 'utf8'),
      readFileSync(join(palisade.paths.state, 'events.jsonl'), 'utf8'),
      readFileSync(palisade.paths.log, 'utf8'),
    ]
    for (const secret of secrets) {
      const password = readFileSync(secret, 'utf8').trim()
      expect(password).toMatch(/^[A-Za-z0-9]{32}$/)
      expect(statSync(secret).mode & 0o777).toBe(0o400)
      expect(statSync(secret).uid).toBeGreaterThan(UID)
      for (const text of shown) expect(text).not.toContain(password)
    }
  })

  it('changes nothing and writes nothing in a second pass', async () => {
    await converged('the quickstart is settled')
    const files = () =>
      execFileSync(
        'find',
        [
          palisade.paths.state,
          palisade.paths.run,
          '-not',
          '-path',
          `${tree}/engine/*`,
          '-not',
          '-path',
          `${tree}/data/*`,
          '-not',
          '-name',
          '*.log',
          '-type',
          'f',
          '-printf',
          '%p %i %T@ %C@\n',
        ],
        { encoding: 'utf8' },
      )
    const before = { files: files(), ids: await ids(), passes: await passes() }
    await palisade.cli('reconcile', ACCOUNT)
    await eventually('a pass more', async () => (await passes()) > before.passes)
    expect(files()).toBe(before.files)
    expect(await ids()).toEqual(before.ids)
  })

  it('lets no second daemon run', async () => {
    const { code, err } = await palisade.cli('run')
    expect([code, err]).toEqual([1, expect.stringMatching(/runs already|already/i)])
  })

  const drifts: readonly [what: string, harm: () => Promise<unknown>, cause: RegExp][] = [
    [
      'a removed container',
      async () => docker('rm', '--force', await idOf('php-8.2')),
      /container php-8\.2-\w+ is missing/,
    ],
    ['a stopped container', () => docker('stop', 'nginx'), /container nginx is exited/],
    ['a killed dockerd', async () => process.kill(pidOf('engine.json'), 'SIGKILL'), /Docker engine does not run/],
    [
      'a deleted network',
      async () => {
        await docker('network', 'disconnect', '--force', 'db', await idOf('php-8.2'))
        await docker('rm', '--force', 'mariadb')
        await docker('network', 'rm', 'db').catch(() => undefined)
      },
      /mariadb is missing|network db/,
    ],
    [
      'a container taken off its network',
      async () => docker('network', 'disconnect', '--force', 'db', await idOf('php-8.2')),
      /php-8\.2-\w+ is not on the network db/,
    ],
    ['a deleted interface', async () => execFileSync('ip', ['link', 'delete', `${INSTANCE}0`]), /interface plq0/],
    [
      'a changed limit of its cgroup',
      async () => {
        const [file] = cgroups
          .directories(ACCOUNT)
          .map((directory) => join(directory, 'pids.max'))
          .filter((path) => existsSync(path))
        await writeFile(file ?? '', '100')
      },
      /the kernel enforces .*pids 100/,
    ],
    [
      'a lost entry of the edge',
      async () => {
        const directory = join(palisade.paths.run, 'edge', HOST)
        for (const entry of readdirSync(directory)) await rm(join(directory, entry), { recursive: true })
      },
      /edge has no entry for hello\.localhost/,
    ],
    [
      'a killed holder of the namespaces',
      async () => {
        process.kill(pidOf('holder.json'), 'SIGKILL')
        process.kill(pidOf('engine.json'), 'SIGKILL')
      },
      /process that holds the namespaces is missing/,
    ],
  ]

  it.each(drifts)('heals %s, and says why', async (what, harm, cause) => {
    const before = (await events()).length
    await harm()
    await eventually(
      `an event of the repair of ${what}`,
      async () =>
        (await events())
          .slice(before)
          .some(({ reason, cause: told }) => reason === 'DriftRepaired' && cause.test(told ?? '')),
      CONVERGES_WITHIN_MS,
    )
    await converged(`${what} is repaired`)
  })

  it('changes a limit live, without a restart', async () => {
    const before = {
      ids: await ids(),
      started: await startTimes(),
    }
    await edit('pids: 512', 'pids: 400')
    await eventually('the kernel has the new limit', async () => {
      const seen = await cgroups.observe(ACCOUNT)
      return typeof seen === 'object' && seen.pids === 400
    })
    await converged('the new limit holds')
    expect(await ids()).toEqual(before.ids)
    expect(await startTimes()).toBe(before.started)
  })

  it('reports a broken file with its line, changes nothing for it, and goes on healing', async () => {
    const good = await readFile(spec, 'utf8')
    const before = await ids()
    await writeFile(spec, good.replace('  sites:', '  sitez:'))
    await eventually('the problem is told', async () => {
      const { out } = await palisade.cli('describe', ACCOUNT)
      return /account\.yaml:\d+:\d+: .*sitez/.test(out)
    })
    expect(await ids()).toEqual(before)
    await docker('rm', '--force', 'nginx')
    await eventually('nginx is back', async () => (await ids()).has('nginx') && (await serves()), CONVERGES_WITHIN_MS)
    await writeFile(spec, good)
    await eventually(
      'the file is taken again',
      async () => (await palisade.cli('wait', ACCOUNT, '--timeout', '0s')).code === 0,
      CONVERGES_WITHIN_MS,
    )
  })

  it('replaces only PHP for another PHP version, without a failed request', async () => {
    const before = await ids()
    const requests = steadyRequests(() => page())
    await edit('php: "8.2"', 'php: "8.4"')
    await eventually('PHP 8.4 answers', async () => /8\.4\.\d+/.test((await page()).body), CONVERGES_WITHIN_MS)
    await converged('PHP 8.4 is settled')
    const { answered, failures } = await requests.stop()
    expect(answered).toBeGreaterThan(10)
    expect(failures).toEqual([])
    const after = await ids()
    expect([...after.keys()].sort()).toEqual(['mariadb', 'nginx', 'php-8.4'])
    for (const service of ['mariadb', 'nginx']) expect(after.get(service)).toBe(before.get(service))
  })

  it('is served while the daemon is killed, and finds nothing to do when it is back', async () => {
    const before = await ids()
    await palisade.stop('SIGKILL')
    expect(await serves()).toBe(true)
    expect((await palisade.cli('plan', ACCOUNT)).code).toBe(4)
    expect((await palisade.cli('get', 'accounts')).out).toContain(ACCOUNT)
    await palisade.start()
    await converged('the daemon has looked')
    expect(await ids()).toEqual(before)
  })

  it('stops with the host, says so, and comes back with all data', async () => {
    await palisade.stop()
    expect((await palisade.cli('down')).code).toBe(0)
    expect(existsSync(`/sys/class/net/${INSTANCE}0`)).toBe(false)
    expect(cgroups.directories(ACCOUNT).filter((path) => existsSync(path))).toEqual([])
    const { code, err } = await palisade.cli('wait', ACCOUNT, '--timeout', '0s')
    expect([code, err]).toEqual([124, expect.stringContaining('Stopped')])
    await palisade.start()
    await converged('everything is back')
  })

  it('ends with its file: its data goes to the archive, and nothing else of it is left', async () => {
    await rm(spec)
    const { code } = await palisade.cli('wait', ACCOUNT, '--for=delete', '--timeout', '2m')
    expect(code).toBe(0)
    expect(() => execFileSync('getent', ['passwd', ACCOUNT])).toThrow()
    expect(existsSync(`/sys/class/net/${INSTANCE}0`)).toBe(false)
    expect(existsSync(tree)).toBe(false)
    expect(cgroups.directories(ACCOUNT).filter((path) => existsSync(path))).toEqual([])
    expect((await palisade.program('docker', 'context', 'inspect', ACCOUNT)).code).not.toBe(0)
    expect((await page()).status).toBe(404)
    const [archive = ''] = readdirSync(join(palisade.paths.state, 'archive'))
    expect(archive).toMatch(new RegExp(`^${ACCOUNT}-\\d{8}T\\d{6}Z$`))
    const kept = join(palisade.paths.state, 'archive', archive)
    expect(existsSync(join(kept, 'data/mariadb/hello'))).toBe(true)
    expect(existsSync(join(kept, 'sites', HOST, 'index.php'))).toBe(true)
  })

  it('leaves a host as it was after down --purge', async () => {
    const { code, err } = await palisade.cli('down', '--purge')
    expect([code, err]).toEqual([0, expect.any(String)])
    for (const path of [palisade.paths.state, palisade.paths.run]) expect(existsSync(path)).toBe(false)
    expect(execFileSync('nft', ['list', 'tables'], { encoding: 'utf8' })).not.toContain(` ${INSTANCE}`)
    expect(readFileSync('/proc/mounts', 'utf8')).not.toContain(palisade.paths.directory)
    expect(hierarchy.directories(INSTANCE).filter((path) => existsSync(path))).toEqual([])
  })
})
