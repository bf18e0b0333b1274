import { expect, test } from 'vitest'
import { GROUP, MINUTE, PALISADE, type Scene } from '../scene.ts'

const PROFILE = 'palisade-service'

/** Mandatory access control: Debian's kernel has AppArmor in force. Changes nothing. */
export const apparmorCases = ({ machine, lines }: Scene): void => {
  test('every process of every service is confined by the profile that root loaded', async () => {
    expect(await lines('cat /sys/kernel/security/apparmor/profiles')).toContain(`${PROFILE} (enforce)`)
    const labels = await lines(
      `for pid in $(cat ${GROUP}/services/*/cgroup.procs); do cat /proc/$pid/attr/current; done`,
    )
    expect(labels.length).toBeGreaterThan(3)
    expect(new Set(labels)).toEqual(new Set([`${PROFILE} (enforce)`]))
    const status = JSON.parse(await machine.answer('cat /var/lib/palisade/status/hosts/default.json'))
    expect(status.status.conditions).toContainEqual(
      expect.objectContaining({ type: 'AppArmorEnforced', status: 'True' }),
    )
  })

  test('so is a command in a service, which it keeps from what the kernel tells everybody', async () => {
    const inNginx = `docker --context hello exec nginx`
    expect(await machine.answer(`${inNginx} cat /proc/self/attr/current`)).toBe(`${PROFILE} (enforce)`)
    expect((await machine.run(`${inNginx} cat /proc/kallsyms`)).stderr).toContain('Permission denied')
    expect(await machine.answer(`${inNginx} cat /proc/loadavg`)).toMatch(/^\d/)
  })

  test('an engine starts no container without a profile unless told to, and the audit finds that', async () => {
    const image = await machine.answer("docker --context hello inspect --format '{{.Config.Image}}' nginx")
    const run = (options: string) =>
      machine.run(
        `docker --context hello run --detach --name byhand --network none --entrypoint sleep ${options} ${image} 600`,
        5 * MINUTE,
      )
    const refused = await run('')
    expect(refused.code).not.toBe(0)
    expect(refused.stderr).toContain('AppArmor')
    await machine.run('docker --context hello rm --force byhand')
    expect((await run('--security-opt apparmor=unconfined')).code).toBe(0)
    const { code, stdout } = await machine.run(`${PALISADE} audit hello`, 5 * MINUTE)
    expect(code).toBe(5)
    expect(stdout).toContain('CIS-5.2')
    await machine.answer('docker --context hello rm --force byhand')
    expect((await machine.run(`${PALISADE} audit hello`, 5 * MINUTE)).code).toBe(0)
  })
}
