import { expect, test } from 'vitest'
import { eventually } from '../../fixtures/eventually.ts'
import { GROUP, MEBIBYTE, MINUTE, type Scene } from '../scene.ts'

const READ = `cd ${GROUP}; cat memory.max memory.swap.max cpu.max pids.max`

/** Limits of the tenant and its services, as cgroup v2 holds them. Leaves others in force than the example has. */
export const limitCases = ({ machine, lines, services, setLimits }: Scene): void => {
  test('the kernel enforces the limits of the tenant, who cannot lift them', async () => {
    expect(await lines(READ)).toEqual([`${1024 * MEBIBYTE}`, '0', '100000 100000', '512'])
    const attempt = `setpriv --reuid hello --regid hello --clear-groups sh -c 'echo max >${GROUP}/memory.max'`
    expect((await machine.run(attempt)).code).not.toBe(0)
    expect((await lines(READ))[0]).toBe(`${1024 * MEBIBYTE}`)
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
    expect(new Set(scores)).toEqual(new Set(['500']))
    const engine = await lines(`for pid in $(cat ${GROUP}/engine/cgroup.procs); do cat /proc/$pid/oom_score_adj; done`)
    for (const score of engine) expect(Number(score)).toBeGreaterThanOrEqual(0)
    const [total, rest] = await lines(`cat ${GROUP}/memory.max ${GROUP}/services/memory.max`)
    expect(Number(total) - Number(rest)).toBe(160 * MEBIBYTE)
  })

  test('a service that takes too much memory dies alone', async () => {
    const running = await services()
    await machine.run("docker --context hello exec nginx sh -c 'tail /dev/zero'", 5 * MINUTE)
    expect(await machine.answer(`awk '$1 == "oom_kill" { print $2 }' ${GROUP}/memory.events`)).not.toBe('0')
    expect(await services()).toBe(running)
  })

  test('limits that change in the spec hold at once, without a restart', async () => {
    const running = await services()
    await setLimits(
      '{ cpu: "2", memory: 1280Mi, pids: 400 }',
      READ,
      [`${1280 * MEBIBYTE}`, '0', '200000 100000', '400'].join('\n'),
    )
    expect(await services()).toBe(running)
  })

  test('what services read and write is held to a rate, all together', async () => {
    const running = await services()
    const limits = '{ cpu: "2", memory: 1280Mi, pids: 400, io: { read: 4M, write: 4M } }'
    const read = `cut --delimiter=' ' --fields=2- ${GROUP}/io.max`
    await setLimits(limits, read, 'rbps=4000000 wbps=4000000 riops=max wiops=max')
    const fill = 'dd if=/dev/zero of=/var/lib/mysql/filled bs=1M count=16 oflag=direct && rm /var/lib/mysql/filled'
    const script = `s=$(date +%s); docker --context hello exec mariadb sh -c '${fill}' && echo $(($(date +%s) - s))`
    expect(Number((await machine.run(script, 5 * MINUTE)).stdout.trim())).toBeGreaterThanOrEqual(4)
    await setLimits('{ cpu: "2", memory: 1280Mi, pids: 400 }', `cat ${GROUP}/io.max`, '')
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
}
