import { expect, test } from 'vitest'
import { eventually } from '../../fixtures/eventually.ts'
import { DATA_ROOT, EVENTS, MINUTE, PALISADE, type Scene, SPECS } from '../scene.ts'

const HOST = `{ apiVersion: palisade.dev/v1, kind: Host, metadata: { name: default }, spec: { dataRoot: ${DATA_ROOT} } }`

/** Brings the quickstart up, its tenants' trees on XFS. */
export const quickstartCases = ({ machine, lines, isServed, isSettled, awaitServed, services }: Scene): void => {
  test('the machine has systemd, cgroup v2, XFS, and no web server', async () => {
    expect(await machine.answer('systemctl is-system-running')).toBe('running')
    expect(await machine.answer('stat --file-system --format %T /sys/fs/cgroup')).toBe('cgroup2fs')
    expect(await machine.answer(`findmnt --noheadings --output FSTYPE,OPTIONS ${DATA_ROOT}`)).toMatch(/^xfs .*prjquota/)
    expect((await machine.run('curl --silent http://localhost/')).code).toBe(7)
  })

  test('an edge whose port another web server has does not start beside it, and says so', async () => {
    await machine.answer('systemctl start caddy.service')
    await machine.answer(`mkdir -p ${SPECS}; cat >${SPECS}/host.yaml <<<'${HOST}'; ${PALISADE} up`)
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
      'cd /opt/palisade; bin/palisade up examples/quickstart --timeout 13m',
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

  test('a second up changes nothing', async () => {
    await eventually('nothing is to be done', () => isSettled('hello'), 5 * MINUTE)
    const events = await machine.answer(`wc --lines <${EVENTS}`)
    const running = await services()
    await machine.answer('cd /opt/palisade; bin/palisade up examples/quickstart', 10 * MINUTE)
    expect(await machine.answer(`wc --lines <${EVENTS}`)).toBe(events)
    expect(await services()).toBe(running)
  })

  test('tenants outlive the daemon', async () => {
    const running = await services()
    await machine.answer('systemctl stop palisade.service')
    expect(await isServed()).toBe(true)
    expect(await services()).toBe(running)
    await machine.answer('systemctl start palisade.service')
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
}
