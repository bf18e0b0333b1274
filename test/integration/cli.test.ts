import { spawnSync } from 'node:child_process'
import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { EXIT, Interrupted } from '../../src/cli/exit-codes.ts'
import { packageRoot } from '../../src/cli/package-root.ts'
import { main } from '../../src/main.ts'
import { type CapturedIo, capturedIo } from '../fixtures/command-line.ts'
import { eventually } from '../fixtures/eventually.ts'
import {
  brokenAccount,
  makeStateDirectory,
  NOON,
  readyAccount,
  type StateDirectory,
} from '../fixtures/status-directory.ts'

let state: StateDirectory

beforeEach(async () => {
  state = await makeStateDirectory()
})

afterEach(() => state.remove())

/** Runs a command line on the state directory at noon. */
const run = async (...argv: string[]) => {
  const io = capturedIo({ now: NOON })
  const code = await main([...argv, ...state.options], io)
  return { code, out: io.out(), err: io.err() }
}

/** Starts one with a running clock. */
const start = (...argv: string[]): { io: CapturedIo; code: Promise<number> } => {
  const io = capturedIo()
  return { io, code: main([...argv, ...state.options], io) }
}

const event = (account: string, message: string, time = '2026-01-02T11:59:00.000Z', type = 'Normal') =>
  `${JSON.stringify({ time, type, reason: 'Changed', object: `Account/${account}`, message })}\n`

describe('help and usage', () => {
  it('teaches the first minutes and the exit codes', async () => {
    const { code, out } = await run('--help')
    expect(code).toBe(EXIT.ok)
    expect(out).toContain('The first five minutes:')
    expect(out).toMatch(/4 {2}the daemon is not running/)
  })

  it.each([
    'get',
    'describe',
    'events',
    'wait',
    'plan',
    'reconcile',
    'rotate-password',
    'validate',
    'logs',
    'exec',
    'restart',
    'jobs',
    'jobs list',
    'jobs run',
    'isolation',
    'isolation verify',
    'completion',
    'doctor',
    'images',
    'images build',
  ])('%s has an example', async (command) => {
    const { code, out } = await run(...command.split(' '), '--help')
    expect(code).toBe(EXIT.ok)
    expect(out).toMatch(/Examples:\n +palisade /)
  })

  it.each([
    [['gett'], 'Did you mean get?'],
    [['get', '--foo'], 'Unknown argument: foo'],
    [['get', 'sites'], 'there are accounts and host, not sites'],
    [['describe'], 'Not enough'],
    [['get', '-o', 'xml'], 'Choices'],
    [['wait', 'alice', '--timeout', 'soon'], '--timeout'],
    [['get', '-o', 'json', '-o', 'yaml'], 'was given more than once'],
    [[], 'Which command?'],
  ])('%j is wrong usage', async (argv, message) => {
    const { code, out, err } = await run(...argv)
    expect({ code, out }).toEqual({ code: EXIT.usage, out: '' })
    expect(err).toContain(message)
  })

  it.each([
    ['describe a', ['alice']],
    ['logs a', ['alice']],
    ['logs alice p', ['nginx', 'php-8.2']],
    ['restart alice nginx p', ['nginx', 'php-8.2']],
    ['exec ../alice p', []],
    ['isolation v', ['verify']],
    ['isolation verify a', ['alice']],
    ['jobs r', ['list', 'run']],
    ['jobs run a', ['alice']],
    ['jobs run alice x', ['alice.localhost']],
    ['jobs run alice alice.localhost x', ['cleanup', 'report']],
    ['jobs run nobody x', []],
  ])('completes %j', async (words, names) => {
    await state.writeAccount(readyAccount('alice'))
    const io = capturedIo({ env: { PALISADE_STATE: state.path } })
    await main(['--get-yargs-completions', 'palisade', ...words.split(' ')], io)
    expect(
      io
        .out()
        .trim()
        .split('\n')
        .filter((name) => name !== ''),
    ).toEqual(names)
  })

  it.each([
    [['completion', 'bash'], /^complete .* palisade$/m],
    [['completion', 'zsh'], /^#compdef palisade$/m],
    [['completion'], /^complete /m],
  ])('%j prints a script', async (argv, script) => {
    const { code, out } = await run(...argv)
    expect({ code, out }).toEqual({ code: EXIT.ok, out: expect.stringMatching(script) })
  })

  it('takes a word for the completion of the shell only where it is a command', async () => {
    expect((await run('logs', 'completion')).code).toBe(EXIT.notFound)
  })
})

it('says what to do before it is built', async () => {
  const copy = join(state.path, 'bin', 'palisade.mjs')
  await mkdir(join(copy, '..'))
  await copyFile(join(packageRoot, 'bin', 'palisade'), copy)
  const { status, stderr } = spawnSync(process.execPath, [copy], { encoding: 'utf8' })
  expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining('npm run build') })
})

describe('commands for services', () => {
  it('know an account whose engine does not run', async () => {
    await state.writeAccount(readyAccount('alice'))
    for (const argv of [
      ['logs', 'alice'],
      ['restart', 'alice', '--all'],
    ]) {
      const { code, err } = await run(...argv)
      expect({ code, err }).toEqual({ code: EXIT.failed, err: expect.stringContaining('the engine of alice does not') })
    }
  })

  it('list jobs with their last results', async () => {
    await state.writeAccount(brokenAccount('bob'))
    const { out } = await run('jobs', 'list', 'bob')
    expect(out).toMatch(/^bob\.localhost +cleanup +\S+ \* \* \* \* +2 +5m +TimedOut +143 +at row 7$/m)
    expect(out).toMatch(/^bob\.localhost +report +0 3 \* \* \* +-/m)
  })
})

describe('get', () => {
  beforeEach(async () => {
    await state.writeAccount(readyAccount('alice'))
    await state.writeAccount(brokenAccount('bob'))
  })

  it('prints a table', async () => {
    const { code, out } = await run('get')
    expect(code).toBe(EXIT.ok)
    expect(out).toBe(
      [
        'NAME    READY   STATUS      SITES   SERVICES   ADDRESS     SINCE',
        'alice   True    AsDesired   1/1     2/2        10.90.0.2   10m',
        'bob     False   Unhealthy   0/1     1/2        10.90.0.2   10m',
        '',
      ].join('\n'),
    )
  })

  it('prints whole objects as data: one by itself, several as a list', async () => {
    expect(JSON.parse((await run('get', 'a', 'alice', '-o', 'json')).out)).toEqual(readyAccount('alice'))
    const list: unknown = JSON.parse((await run('get', 'accounts', '-o', 'json')).out)
    expect(list).toEqual({ apiVersion: 'v1', kind: 'List', items: [readyAccount('alice'), brokenAccount('bob')] })
  })

  it('ends with 3 when one of the names is unknown, and prints the others', async () => {
    const { code, out, err } = await run('get', 'a', 'alice', 'nobody')
    expect(code).toBe(EXIT.notFound)
    expect(out).toContain('alice')
    expect(err).toBe('there is no account nobody\n')
  })

  it('shows the others when a file is damaged', async () => {
    await writeFile(join(state.path, 'status', 'accounts', 'carol.json'), '{"metadata":')
    const { code, out } = await run('get')
    expect(code).toBe(EXIT.ok)
    expect(out).toMatch(/^alice +True/m)
    expect(out).toMatch(/^carol +Unknown/m)
  })

  it('says so when there is nothing yet', async () => {
    await rm(join(state.path, 'status'), { recursive: true })
    expect(await run('get')).toEqual({ code: EXIT.ok, out: '', err: 'there is no account yet\n' })
  })

  it('prints what changes while it watches', async () => {
    const { io, code } = start('get', '--watch')
    await eventually('the table is printed', async () => io.out().includes('bob     False'))
    await state.writeAccount(readyAccount('bob'))
    await eventually('the change is printed', async () => io.out().includes('bob     True'))
    expect(io.out().match(/alice/g)).toHaveLength(1)
    await state.removeAccount('alice')
    await eventually('the end of one is told', async () => io.err().includes('alice is gone'))
    io.interrupt(new Interrupted(2))
    expect(await code).toBe(130)
  })
})

describe('describe', () => {
  it('shows one account on a page', async () => {
    await state.writeAccount(brokenAccount('cli-no-such-tenant'))
    await writeFile(join(state.path, 'events.jsonl'), event('cli-no-such-tenant', 'createContainer: it was missing'))
    const { code, out } = await run('describe', 'cli-no-such-tenant')
    expect(code).toBe(EXIT.ok)
    await expect(out).toMatchFileSnapshot('../fixtures/golden/describe.txt')
  })

  it('ends with 3 when there is none, also for names that are paths', async () => {
    expect((await run('describe', 'nobody')).code).toBe(EXIT.notFound)
    expect((await run('describe', '../../etc/passwd')).code).toBe(EXIT.notFound)
  })
})

describe('events', () => {
  beforeEach(() =>
    writeFile(
      join(state.path, 'events.jsonl'),
      event('alice', 'old', '2026-01-02T10:00:00.000Z') + event('bob', 'new') + event('alice', 'newer'),
    ),
  )

  it('are those of an account, and not too old', async () => {
    const { out } = await run('events', 'alice', '--since', '10m')
    expect(out).toBe(
      [
        'TIME                   TYPE     REASON    OBJECT          MESSAGE',
        '2026-01-02T11:59:00Z   Normal   Changed   Account/alice   newer',
        '',
      ].join('\n'),
    )
  })

  it('are one JSON object a line', async () => {
    const { out } = await run('events', '-o', 'json')
    const messages = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).message)
    expect(messages).toEqual(['old', 'new', 'newer'])
  })

  it('are followed', async () => {
    const { io, code } = start('events', 'alice', '--follow')
    await eventually('the old ones are printed', async () => io.out().includes('newer'))
    await writeFile(join(state.path, 'events.jsonl'), event('bob', 'not his') + event('alice', 'latest'), { flag: 'a' })
    await eventually('the new one is printed', async () => io.out().includes('latest'))
    expect(io.out()).not.toContain('not his')
    io.interrupt(new Interrupted(15))
    expect(await code).toBe(143)
  })
})

describe('wait', () => {
  it('waits for an account that does not exist yet, and tells what happens meanwhile', async () => {
    const { io, code } = start('wait', 'alice', '--timeout', '30s')
    await eventually('it says why', async () => io.err().includes('no status of it yet'))
    expect(io.err()).toContain('the daemon is not running')
    await state.writeAccount(brokenAccount('alice'))
    await eventually('it says what is wrong', async () => io.err().includes('php-8.2: Unhealthy'))
    await writeFile(join(state.path, 'events.jsonl'), event('alice', 'startContainer: it had stopped'))
    await eventually('it tells events', async () => io.err().includes('it had stopped'))
    await state.writeAccount(readyAccount('alice'))
    expect(await code).toBe(EXIT.ok)
    expect(io.out()).toBe('alice: Ready is True\n')
  })

  it('times out with all that is not met', async () => {
    await state.writeAccount(brokenAccount('alice'))
    const { code, err } = await run('wait', 'alice', '--timeout', '0', '--quiet')
    expect(code).toBe(EXIT.timedOut)
    expect(err).toContain('timed out after 0')
    expect(err).toContain('ServicesReady is False: Unhealthy: php-8.2: Unhealthy: the health check fails: 502')
  })

  it('waits for a deletion to be over', async () => {
    await state.writeAccount(readyAccount('alice'))
    const record = join(state.path, 'records', 'accounts', 'alice.json')
    await mkdir(join(record, '..'), { recursive: true })
    await writeFile(record, '{}')
    const { io, code } = start('wait', 'alice', '--for=delete', '--timeout', '30s')
    await eventually('it waits', async () => io.err().includes('it still stands'))
    await state.removeAccount('alice')
    await eventually('it waits for the record', async () => io.err().includes('it is being removed'))
    await rm(record)
    expect(await code).toBe(EXIT.ok)
  })
})

describe('with a daemon', () => {
  let daemon: Server
  let asked: string[]
  const text = '  0  startEngine  engine/alice  the engine is stopped\n'
  const plan = { steps: [{ id: 0, cause: 'the engine is stopped' }], blocked: [] }
  const settled = [200, { plan: { steps: [], blocked: [] }, text: 'nothing to do\n' }] as const

  let answers: Record<string, readonly [number, unknown]>
  const unknown = { error: { reason: 'AccountNotFound', message: 'there is no account nobody' } }

  beforeEach(async () => {
    asked = []
    answers = {
      'GET /v1/health': [200, { pid: 1, startedAt: '2026-01-02T11:00:00Z', version: '0.1.0' }],
      'GET /v1/accounts/alice/plan': [200, { plan, text }],
      'GET /v1/accounts/bob/plan': settled,
      'POST /v1/accounts/alice/reconcile': [202, {}],
    }
    await mkdir(state.runDirectory)
    daemon = createServer((request, response) => {
      const what = `${request.method} ${request.url}`
      asked.push(what)
      const [status, body] = answers[what] ?? [404, unknown]
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    })
    await new Promise<void>((resolve) => daemon.listen(join(state.runDirectory, 'palisade.sock'), resolve))
  })

  afterEach(() => new Promise((resolve) => daemon.close(resolve)))

  it('plan prints what the daemon would do', async () => {
    expect(await run('plan', 'alice')).toEqual({ code: EXIT.ok, out: text, err: '' })
    expect((await run('plan', 'alice', '--exit-code')).code).toBe(EXIT.failed)
    expect((await run('plan', 'bob', '--exit-code')).code).toBe(EXIT.ok)
    expect(JSON.parse((await run('plan', 'alice', '-o', 'json')).out)).toEqual({ account: 'alice', ...plan })
  })

  it('plan without a name goes through all accounts', async () => {
    await state.writeAccount(readyAccount('alice'))
    await state.writeAccount(readyAccount('bob'))
    expect((await run('plan')).out).toBe(`alice:\n${text}\nbob:\nnothing to do\n`)
  })

  it('ends with 3 for an account that the daemon does not know', async () => {
    const { code, err } = await run('plan', 'nobody')
    expect({ code, err }).toEqual({ code: EXIT.notFound, err: 'palisade: there is no account nobody\n' })
  })

  it('wait does not take a status that is older than an edit', async () => {
    await state.writeAccount(readyAccount('alice'))
    const { io, code } = start('wait', 'alice', '--timeout', '30s')
    await eventually('it waits', async () => io.err().includes('not done yet: the engine is stopped'))
    answers['GET /v1/accounts/alice/plan'] = settled
    expect(await code).toBe(EXIT.ok)
  })

  it('rotate-password tells the files of those it was for', async () => {
    const path = 'POST /v1/accounts/alice/passwords/mariadb'
    answers[path] = [200, { owners: ['shop', 'blog'] }]
    answers[`${path}/shop`] = [200, { owners: ['shop'] }]
    const none = { error: { reason: 'OwnerUnknown', message: 'alice has no owner nobody of a schema in mariadb' } }
    answers[`${path}/nobody`] = [404, none]
    const all = await run('rotate-password', 'alice', 'mariadb')
    expect(all.out.split('\n')).toEqual([
      'shop: has a new password, in /run/secrets/mariadb-shop of the apps',
      'blog: has a new password, in /run/secrets/mariadb-blog of the apps',
      '',
    ])
    expect((await run('rotate-password', 'alice', 'mariadb', 'shop')).out).not.toContain('blog')
    const { code, err } = await run('rotate-password', 'alice', 'mariadb', 'nobody')
    expect({ code, err }).toEqual({ code: EXIT.notFound, err: `palisade: ${none.error.message}\n` })
  })

  it('reconcile has the daemon look', async () => {
    expect((await run('reconcile', 'alice')).code).toBe(EXIT.ok)
    expect(asked).toEqual(['POST /v1/accounts/alice/reconcile'])
  })
})

describe('without a daemon', () => {
  it.each([['plan'], ['plan', 'alice'], ['reconcile', 'alice']])('%s says how to start one', async (...argv) => {
    const { code, err } = await run(...argv)
    expect(code).toBe(EXIT.daemonNotRunning)
    expect(err).toContain(`no answer at ${join(state.runDirectory, 'palisade.sock')}`)
    expect(err).toContain('systemctl start palisade')
  })

  it('says so when a dead one left its socket', async () => {
    await mkdir(state.runDirectory)
    await writeFile(join(state.runDirectory, 'palisade.sock'), '')
    expect((await run('plan', 'alice')).code).toBe(EXIT.daemonNotRunning)
  })
})

describe('doctor', () => {
  it('finds what this machine has', async () => {
    const { out } = await run('doctor', '-o', 'json')
    const { items } = JSON.parse(out)
    const resultOf = (name: string) => items.find(({ check }: { check: string }) => check === name)?.result
    expect(resultOf('util-linux')).toBe('ok')
    expect(resultOf('control groups')).toBe('ok')
    expect(resultOf('daemon')).toBe('warning')
    expect(resultOf('edge')).toBe('warning')
  })
})

describe('validate', () => {
  const account = (extra: string) =>
    `apiVersion: palisade.dev/v1\nkind: Account\nmetadata:\n  name: cli-try\nspec:\n  web: { server: nginx }\n${extra}`

  const write = async (name: string, text: string) => {
    const path = join(state.path, 'specs', name)
    await mkdir(join(path, '..'), { recursive: true })
    await writeFile(path, text)
    return path
  }

  it('takes what the daemon would take', async () => {
    const path = await write('a.yaml', account(''))
    expect(await run('validate', path)).toEqual({ code: EXIT.ok, out: '', err: '1 account, all valid\n' })
  })

  it('prints place and reason of a problem, like a compiler', async () => {
    const path = await write('a.yaml', account('  colour: red\n'))
    const { code, out, err } = await run('validate', join(state.path, 'specs'))
    expect(code).toBe(EXIT.failed)
    expect(out).toMatch(new RegExp(`^${path}:7:3: .*\\[UnknownField\\]\n$`))
    expect(err).toBe('1 problem; 0 accounts are valid\n')
  })

  it('sees what an account refers to', async () => {
    await write('plan.yaml', 'apiVersion: palisade.dev/v1\nkind: Plan\nmetadata: { name: small }\nspec: {}\n')
    const good = await write('good.yaml', account('  plan: small\n'))
    expect((await run('validate', good)).code).toBe(EXIT.ok)
    const bad = await write('good.yaml', account('  plan: smal\n'))
    const { out } = await run('validate', bad, '-o', 'json')
    expect(JSON.parse(out)).toMatchObject({ valid: false, problems: [{ reason: 'PlanNotFound', line: 7 }] })
  })

  it('looks at the spec directory when it is told nothing', async () => {
    await write('a.yaml', account(''))
    expect((await run('validate', '--specs', join(state.path, 'specs'))).code).toBe(EXIT.ok)
    expect((await run('validate', '--specs', join(state.path, 'none'))).code).toBe(EXIT.failed)
  })

  it('says so when the daemon would not read a file', async () => {
    const path = await write('a.yaml.orig', account(''))
    expect((await run('validate', path)).out).toContain('[IgnoredName]')
  })
})

it('images list names what the catalog offers, and where it comes from', async () => {
  const { code, out, err } = await run('images', 'list', '--specs', state.path)
  expect(err).toBe('')
  expect(code).toBe(EXIT.ok)
  expect(out).toMatch(/^php +8\.4 +(yes|no) +recipe php-8\.4/m)
  expect(out).toMatch(/^mysql +8\.0 +no +docker\.io\/library\/mysql:8\.0$/m)
})

it('images pull says what there is', async () => {
  expect(await run('images', 'pull', 'php', '9.9', '--specs', state.path)).toMatchObject({
    code: EXIT.notFound,
    err: expect.stringContaining('the catalog has no php 9.9; there are '),
  })
  expect((await run('images', 'pull', 'filemanager', '18.8', '--specs', state.path)).err).toContain('it is built here')
})

it('images build refuses an unknown recipe', async () => {
  expect((await run('images', 'build', 'nonsense')).code).toBe(EXIT.notFound)
})
