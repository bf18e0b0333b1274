import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../fixtures/eventually.ts'
import { type Machine, startMachine } from './machine.ts'

/** The quickstart on a machine with systemd and cgroup v2, from its first start to its removal. In this order. */

const PALISADE = '/opt/palisade/bin/palisade'
const GROUP = '/sys/fs/cgroup/palisade/hello'
const SPEC = '/etc/palisade/specs/quickstart/account.yaml'
const PAGE = 'curl --silent --show-error --max-time 60 http://hello.localhost/'
const MEBIBYTE = 1024 * 1024
const MINUTE = 60_000

const HOST = '{ apiVersion: palisade.dev/v1, kind: Host, metadata: { name: default }, spec: {} }'

/** Everything of a host that a tenant leaves traces in. */
const FOOTPRINT = `
getent passwd | cut -d: -f1; getent group | cut -d: -f1; cat /etc/subuid /etc/subgid
ip -oneline link | cut -d' ' -f2; nft list tables; ls /etc/systemd/system; docker context ls --quiet
find /sys/fs/cgroup -name '*palisade*' -o -name '*hello*'; grep -E 'palisade/|hello' /proc/mounts
ls -d /run/palisade /var/lib/palisade 2>/dev/null
lsns --noheadings --output TYPE,COMMAND | grep -E 'dockerd|sleep infinity|mariadb|nginx|php'; true`

const environment = (name: string): string => {
  const value = process.env[name]
  if (value === undefined) throw new Error(`${name} is not set: run scripts/test-vm`)
  return value
}

let machine: Machine
let before = ''

beforeAll(async () => {
  machine = await startMachine({
    image: environment('PALISADE_VM_IMAGE'),
    payload: environment('PALISADE_VM_PAYLOAD'),
    console: environment('PALISADE_VM_CONSOLE'),
  })
  before = await machine.answer(FOOTPRINT)
})
afterAll(() => machine?.stop())

const lines = async (script: string): Promise<readonly string[]> => (await machine.answer(script)).split('\n')

const isServed = async (): Promise<boolean> => (await machine.run(PAGE)).stdout.includes('Hello from MariaDB')

const awaitServed = (): Promise<void> => eventually('PHP reads MariaDB', isServed, 10 * MINUTE)

/** Container and process ids: they stay while nothing is made anew. */
const services = (): Promise<string> =>
  machine.answer(
    `docker --context hello inspect --format '{{.Name}} {{.Id}} {{.State.Pid}}' $(docker --context hello ps -q)`,
  )

const isReady = async (): Promise<boolean> =>
  (await machine.run(`${PALISADE} wait hello --for Ready --timeout 30s`)).code === 0

test('the machine has systemd, cgroup v2, and no web server', async () => {
  expect(await machine.answer('systemctl is-system-running')).toBe('running')
  expect(await machine.answer('stat --file-system --format %T /sys/fs/cgroup')).toBe('cgroup2fs')
  expect((await machine.run('curl --silent http://localhost/')).code).toBe(7)
})

test('an edge whose port another web server has does not start beside it, and says so', async () => {
  await machine.answer('systemctl start caddy.service')
  await machine.answer(`mkdir -p /etc/palisade/specs; cat >/etc/palisade/specs/host.yaml <<<'${HOST}'; ${PALISADE} up`)
  await eventually(
    'the edge is told to be blocked',
    async () =>
      (await machine.run('cat /var/lib/palisade/status/hosts/default.json')).stdout.includes('port 80 is taken'),
    3 * MINUTE,
  )
  expect((await machine.run('systemctl is-active palisade-edge.service')).stdout.trim()).toBe('inactive')
  await machine.answer('systemctl stop caddy.service')
  await eventually(
    'the edge starts by itself',
    async () => (await machine.run('systemctl is-active palisade-edge.service')).code === 0,
    3 * MINUTE,
  )
})

test('palisade up ends when the quickstart is ready, and tells what to try', async () => {
  const { code, stdout, stderr } = await machine.run(
    `cd /opt/palisade; bin/palisade up examples/quickstart --timeout 13m`,
    14 * MINUTE,
  )
  expect(code, stderr).toBe(0)
  expect(stdout).toContain('curl http://hello.localhost/')
})

test('PHP reads MariaDB, over HTTP and HTTPS', async () => {
  await awaitServed()
  expect(await machine.answer('curl --silent --insecure --max-time 60 https://hello.localhost/')).toContain(
    'Hello from MariaDB',
  )
})

test('daemon and edge are services, now and after the next boot; the engine of Debian is not', async () => {
  expect(await lines('systemctl is-active palisade.service palisade-edge.service')).toEqual(['active', 'active'])
  expect(await lines('systemctl is-enabled palisade.service palisade-edge.service')).toEqual(['enabled', 'enabled'])
  expect((await machine.run('systemctl is-active docker.service docker.socket')).stdout.trim()).toBe(
    'inactive\ninactive',
  )
  expect(
    await machine.answer('systemctl show --property MainPID --value palisade-edge.service | xargs ps -o user= -p'),
  ).toBe('caddy')
})

test('the kernel enforces the limits of the tenant', async () => {
  const read = `cd ${GROUP}; cat memory.max memory.swap.max cpu.max pids.max`
  expect(await lines(read)).toEqual([`${1024 * MEBIBYTE}`, '0', '100000 100000', '512'])
  expect(
    (await machine.run(`setpriv --reuid hello --regid hello --clear-groups sh -c 'echo max >${GROUP}/memory.max'`))
      .code,
  ).not.toBe(0)
  expect((await lines(read))[0]).toBe(`${1024 * MEBIBYTE}`)
})

test('each service has a group and limits of its own, and none of the protection of the daemon', async () => {
  const groups = await lines(
    `cd ${GROUP}/services; for id in */; do echo $(cat "$id"memory.max "$id"memory.swap.max "$id"pids.max); done`,
  )
  expect(groups).toHaveLength(3)
  for (const group of groups) expect(group).toMatch(/^\d+ 0 \d+$/)
  const scores = await lines(
    `for pid in $(cat ${GROUP}/services/*/cgroup.procs); do cat /proc/$pid/oom_score_adj; done`,
  )
  expect(new Set(scores)).toEqual(new Set(['0']))
})

test('a service that takes too much memory dies alone', async () => {
  const running = await services()
  await machine.run("docker --context hello exec nginx sh -c 'tail /dev/zero'", 5 * MINUTE)
  expect(await machine.answer(`awk '$1 == "oom_kill" { print $2 }' ${GROUP}/memory.events`)).not.toBe('0')
  expect(await services()).toBe(running)
})

test('a second up changes nothing', async () => {
  const count = () => machine.answer('wc --lines </var/lib/palisade/events.jsonl')
  await eventually('the daemon is idle', isReady, 5 * MINUTE)
  const events = await count()
  const running = await services()
  await machine.answer('cd /opt/palisade; bin/palisade up examples/quickstart', 10 * MINUTE)
  expect(await count()).toBe(events)
  expect(await services()).toBe(running)
})

test('tenants outlive the daemon', async () => {
  const running = await services()
  await machine.answer('systemctl stop palisade.service')
  expect(await isServed()).toBe(true)
  expect(await services()).toBe(running)
  await machine.answer('systemctl start palisade.service')
})

test('a limit that changes in the spec holds at once, without a restart', async () => {
  const running = await services()
  await machine.answer(`sed -i 's/cpu: "1", memory: 1Gi, pids: 512/cpu: "2", memory: 1280Mi, pids: 400/' ${SPEC}`)
  await eventually(
    'the limits hold',
    async () =>
      (await machine.answer(`cd ${GROUP}; echo $(cat memory.max cpu.max pids.max)`)) ===
      `${1280 * MEBIBYTE} 200000 100000 400`,
    3 * MINUTE,
  )
  expect(await services()).toBe(running)
})

test('a limit that was lifted by hand comes back', async () => {
  await machine.answer(`echo max >${GROUP}/memory.max`)
  await eventually(
    'the limit holds again',
    async () => (await machine.answer(`cat ${GROUP}/memory.max`)) === `${1280 * MEBIBYTE}`,
    3 * MINUTE,
  )
})

test('a dockerd that was killed comes back, and its containers never stopped', async () => {
  const running = await services()
  const former = await machine.answer('pgrep --exact dockerd')
  await machine.answer(`kill -KILL ${former}`)
  await eventually(
    'another engine answers',
    async () =>
      !(await machine.run('pgrep --exact dockerd')).stdout.includes(former) &&
      (await machine.run('docker --context hello ps')).code === 0,
    5 * MINUTE,
  )
  expect(await services()).toBe(running)
  await awaitServed()
})

test('a reboot brings everything back by itself, limits and data included', async () => {
  await machine.reboot('systemctl reboot')
  await awaitServed()
  expect(await lines(`cd ${GROUP}; cat memory.max pids.max`)).toEqual([`${1280 * MEBIBYTE}`, '400'])
})

test('so does a loss of power', async () => {
  await machine.reboot('echo b >/proc/sysrq-trigger')
  await awaitServed()
  expect(await lines(`cd ${GROUP}; cat memory.max pids.max`)).toEqual([`${1280 * MEBIBYTE}`, '400'])
})

test('palisade down --purge leaves nothing behind', async () => {
  const { code, stderr } = await machine.run(`${PALISADE} down --purge`, 10 * MINUTE)
  expect(code, stderr).toBe(0)
  expect(await machine.answer(FOOTPRINT)).toBe(before)
  expect((await machine.run('pgrep --list-full "dockerd|caddy|mariadb|nginx|php"')).stdout).toBe('')
  expect(await machine.answer('systemctl list-units --all --plain --no-legend "palisade*"')).toBe('')
})
