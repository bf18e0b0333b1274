import { spawn } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../fixtures/eventually.ts'
import { get } from '../fixtures/get.ts'
import { type Ended, type Installation, installation } from '../fixtures/installation.ts'

const PROGRAM = fileURLToPath(new URL('../../bin/palisade', import.meta.url))
const ACCOUNT = 'pk5alice'
const SITE = 'pk5.localhost'

const NIGHTLY = '0 3 1 1 *'
const cron = [
  { name: 'writes', schedule: NIGHTLY, command: ['php', 'job.php', '$HOME `id` "*"'] },
  {
    name: 'fails',
    schedule: NIGHTLY,
    command: ['php', '-r', 'fwrite(STDERR, "\\e[31mno luck\\e[0m\\n"); exit(3);'],
  },
  { name: 'endless', schedule: NIGHTLY, timeout: '1s', command: ['sleep', '1000'] },
  {
    name: 'hungry',
    schedule: NIGHTLY,
    command: ['php', '-d', 'memory_limit=-1', '-r', '$x = "0123456789"; while (true) $x .= $x;'],
  },
  { name: 'slow', schedule: NIGHTLY, command: ['php', '-r', 'sleep(8); echo "slept";'] },
  { name: 'every-minute', schedule: '* * * * *', command: ['php', '-r', 'file_put_contents("minute", date("c"));'] },
]

const JOB = `<?php
file_put_contents('made-by-job', $argv[1]);
echo getcwd(), ' ', getenv('COLOUR'), ' ', posix_getuid(), "\\n";
`

const spec = (changes: object = {}) => ({
  apiVersion: 'palisade.dev/v1',
  kind: 'Account',
  metadata: { name: ACCOUNT },
  spec: {
    sites: [
      {
        domain: SITE,
        runtime: { php: '8.2' },
        seed: 'site',
        environment: [{ name: 'COLOUR', value: 'blue' }],
        memory: '64Mi',
        cron,
        ...changes,
      },
    ],
  },
})

describe('jobs of sites, and commands for their services', () => {
  let palisade: Installation
  let file: string

  const cli = (...args: string[]) => palisade.cli(...args)
  const runJob = (job: string) => cli('jobs', 'run', ACCOUNT, SITE, job)
  const status = async () => JSON.parse((await cli('get', 'accounts', ACCOUNT, '--output', 'json')).out).status
  const jobStatus = async (name: string) => (await status()).jobs.find((job: { name: string }) => job.name === name)
  const isOn = async () => {
    const { out } = await palisade.program('docker', '--context', ACCOUNT, 'ps', '--format', '{{.Names}}')
    return out.includes('job-')
  }
  const serves = async () => (await get(palisade.httpPort, SITE)).status === 200

  /** What stands behind `--` is the command's own, so the flags come first. */
  const exec = (service: readonly string[], command: readonly string[], input = ''): Promise<Ended> =>
    new Promise((resolve) => {
      const { state, run, specs } = palisade.paths
      const flags = ['--state', state, '--run-dir', run, '--specs', specs]
      const child = spawn(process.execPath, [PROGRAM, 'exec', ACCOUNT, ...service, ...flags, '--', ...command])
      let out = ''
      let err = ''
      child.stdout.on('data', (part) => {
        out += part
      })
      child.stderr.on('data', (part) => {
        err += part
      })
      child.on('close', (code) => resolve({ code: code ?? -1, out, err }))
      // Who does not ask for it may end before it is there.
      child.stdin.on('error', () => undefined)
      child.stdin.end(input)
    })

  beforeAll(async () => {
    palisade = await installation({ instance: 'pk5', ipv4Pool: '10.106.0.0/24', uidBase: 1_055_000_000 })
    file = join(palisade.paths.specs, 'account.yaml')
    await mkdir(join(palisade.paths.specs, 'site'))
    await writeFile(join(palisade.paths.specs, 'site', 'index.php'), '<?php error_log("asked for it"); echo "hello";')
    await writeFile(join(palisade.paths.specs, 'site', 'job.php'), JOB)
    await writeFile(file, JSON.stringify(spec()))
    await palisade.start()
    const { code, err } = await cli('wait', ACCOUNT, '--for=Ready', '--timeout', '10m')
    expect(err + code).toMatch(/0$/)
  }, 900_000)

  afterAll(async () => {
    await palisade?.remove()
  })

  it('runs a job as the site runs, with its arguments word by word', async () => {
    const { code, out } = await runJob('writes')
    expect({ code, out }).toEqual({ code: 0, out: `/var/www/${SITE} blue 1000\n` })
    const made = join(palisade.paths.state, 'tenants', ACCOUNT, 'sites', SITE, 'made-by-job')
    expect(await readFile(made, 'utf8')).toBe('$HOME `id` "*"')
    expect(await jobStatus('writes')).toMatchObject({ lastRun: { result: 'Succeeded', exitCode: 0 } })
  })

  it.each([
    ['fails', 3, { result: 'Failed', exitCode: 3, output: 'no luck' }],
    ['endless', 124, { result: 'TimedOut' }],
    ['hungry', 137, { result: 'OutOfMemory', exitCode: 137 }],
  ])('tells that the job %s ended with %i', async (name, exitCode, lastRun) => {
    expect((await runJob(name)).code).toBe(exitCode)
    expect(await jobStatus(name)).toMatchObject({ lastRun })
    const { out } = await cli('events', ACCOUNT)
    expect(out).toContain(`Job${lastRun.result}`)
    expect((await cli('describe', ACCOUNT)).out).toMatch(new RegExp(`${name} .*${lastRun.result}`))
  })

  it('leaves the account ready, with nothing to do, while a job runs and after', async () => {
    const running = runJob('slow')
    await eventually('the job is on', isOn)
    expect((await runJob('slow')).err).toContain('running already')
    expect((await cli('plan', ACCOUNT)).out).not.toContain('job-')
    expect((await status()).conditions[0]).toMatchObject({ type: 'Ready', status: 'True' })
    expect((await running).out).toBe('slept\n')
    const { out } = await cli('events', ACCOUNT)
    expect(out).not.toContain('DriftRepaired')
  })

  it('finds a job again that goes on over a restart of the daemon', async () => {
    const cutOff = runJob('slow')
    await eventually('the job is on', isOn)
    const former = (await jobStatus('slow')).lastRun
    await palisade.stop()
    expect((await cutOff).code).not.toBe(0)
    await palisade.start()
    const lastRun = async () => (await jobStatus('slow')).lastRun
    await eventually('its end is told', async () => (await lastRun()).startedAt !== former.startedAt, 60_000)
    expect(await lastRun()).toMatchObject({ result: 'Succeeded', output: 'slept' })
  })

  it('runs a job on its schedule', async () => {
    const former = (await jobStatus('every-minute'))?.lastRun?.startedAt
    await eventually(
      'a minute has come',
      async () => ((await jobStatus('every-minute'))?.lastRun?.startedAt ?? former) !== former,
      70_000,
    )
    expect(await jobStatus('every-minute')).toMatchObject({ lastRun: { result: 'Succeeded' } })
  })

  it('names what there is when a job or a service is asked for that is not there', async () => {
    const job = await runJob('nightly')
    expect(job.code).toBe(3)
    expect(job.err).toContain(`there are: ${SITE} writes`)
    for (const command of [
      ['logs', ACCOUNT, 'apache'],
      ['restart', ACCOUNT, '../nginx'],
    ]) {
      const { code, err } = await cli(...command)
      expect(code).toBe(3)
      expect(err).toContain('nginx, php-8.2')
    }
    expect((await cli('logs', 'nobody')).code).toBe(3)
    expect((await exec(['apache'], ['true'])).code).toBe(3)
  })

  it('shows what services write, all of them or one', async () => {
    await eventually('the site answers', serves)
    await exec(['nginx'], ['sh', '-c', 'echo a word of the web server > /proc/1/fd/1'])
    const all = await cli('logs', ACCOUNT, '--timestamps')
    expect(all.out).toMatch(/^php-8\.2 +\| \d{4}-\S+Z .*asked for it/m)
    expect(all.out).toMatch(/^nginx +\| \S+ a word of the web server$/m)
    const times = all.out.split('\n').flatMap((line) => line.match(/\| (\d{4}-\S+Z) /)?.slice(1) ?? [])
    expect(times).toEqual([...times].sort())
    const one = await cli('logs', ACCOUNT, 'php-8.2', '--tail', '1')
    expect(one.out.trimEnd().split('\n')).toHaveLength(1)
    expect((await cli('logs', ACCOUNT, 'php-8.2', '--tail', 'few')).code).toBe(2)
  })

  it('follows what services write', async () => {
    const { state, run } = palisade.paths
    const flags = ['--state', state, '--run-dir', run]
    const child = spawn(process.execPath, [PROGRAM, 'logs', ACCOUNT, 'php-8.2', '--follow', '--tail', '0', ...flags])
    let out = ''
    child.stdout.on('data', (part) => {
      out += part
    })
    await eventually('a request is seen', async () => (await serves()) && out.includes('asked for it'))
    const ended = new Promise((resolve) => child.once('close', resolve))
    child.kill('SIGINT')
    expect(await ended).toBe(130)
  })

  it('runs a command in a service, and ends as it does', async () => {
    expect(await exec(['php-8.2'], ['php', '-r', 'echo $argv[1]; exit(7);', '1e3'])).toMatchObject({
      code: 7,
      out: '1e3',
    })
    const both = await exec(['php-8.2'], ['sh', '-c', 'echo out; echo err >&2'])
    expect(both).toMatchObject({ code: 0, out: 'out\n', err: 'err\n' })
    expect([126, 127]).toContain((await exec(['php-8.2'], ['no-such-program'])).code)
    expect((await exec(['php-8.2', '--user', '33:33'], ['id', '-u'])).out).toBe('33\n')
    expect((await exec(['php-8.2', '--user', '0 --privileged'], ['id'])).code).toBe(2)
    expect((await exec(['php-8.2', '-t'], ['id'])).err).toContain('terminals')
  })

  it('gives a command a terminal of the size of ours', async () => {
    const { state, run } = palisade.paths
    const words = [PROGRAM, 'exec', ACCOUNT, 'php-8.2', '--interactive', '--tty', '--state', state, '--run-dir', run]
    const inside = 'while [ "$(stty size)" = "0 0" ]; do :; done; stty size; test -t 0 && exit 5'
    const command = `stty rows 33 columns 99; ${process.execPath} ${words.join(' ')} -- sh -c '${inside}'`
    const { code, out } = await palisade.program('script', '--quiet', '--return', '--command', command, '/dev/null')
    expect({ code, out: out.trim() }).toEqual({ code: 5, out: '33 99' })
  })

  it('passes standard input on to its end, and any bytes', async () => {
    const text = 'line\n'.repeat(100_000)
    const { code, out } = await exec(['php-8.2', '-i'], ['cat'], text)
    expect({ code, same: out === text }).toEqual({ code: 0, same: true })
    expect((await exec(['php-8.2'], ['cat'], text)).out).toBe('')
  })

  it('restarts services, and waits until they are healthy', async () => {
    const { code, out } = await cli('restart', ACCOUNT, 'php-8.2')
    expect({ code, out }).toEqual({ code: 0, out: expect.stringMatching(/php-8\.2 +healthy after/) })
    expect(await serves()).toBe(true)
    expect((await cli('restart', ACCOUNT)).code).toBe(2)
    expect((await cli('restart', ACCOUNT, '--all')).code).toBe(0)
  })

  it('runs commands while no daemon runs', async () => {
    await palisade.stop()
    expect((await exec(['nginx'], ['true'])).code).toBe(0)
    expect((await cli('logs', ACCOUNT, 'nginx', '--tail', '1')).code).toBe(0)
    expect((await runJob('writes')).code).toBe(4)
    await palisade.start()
  })

  it('forgets jobs that leave the spec', async () => {
    await writeFile(file, JSON.stringify(spec({ cron: cron.slice(0, 1) })))
    await eventually('one job is left', async () => (await status()).jobs.length === 1)
    expect((await runJob('slow')).code).toBe(3)
  })
})
