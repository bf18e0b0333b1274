import { expect, test } from 'vitest'
import type { Machine } from '../machine.ts'
import { DATA_ROOT, MINUTE, PALISADE, type Scene } from '../scene.ts'

const FOOTPRINT = `
getent passwd | cut -d: -f1; getent group | cut -d: -f1; cat /etc/subuid /etc/subgid
ip -oneline link | cut -d' ' -f2; nft list tables; ls /etc/systemd/system; docker context ls --quiet
find /sys/fs/cgroup -name '*palisade*' -o -name '*hello*'; grep -E 'palisade/|hello|second' /proc/mounts
ls -d /run/palisade /var/lib/palisade ${DATA_ROOT}/* 2>/dev/null
lsns --noheadings --output TYPE,COMMAND | grep -E 'dockerd|sleep infinity|mariadb|nginx|php'; true`

/** Everything of a host that a tenant leaves traces in. */
export const readFootprint = (machine: Machine): Promise<string> => machine.answer(FOOTPRINT)

/** Removes Palisade. The footprint is that of the machine before it came. */
export const removalCases = ({ machine }: Scene, footprint: string): void => {
  test('palisade down --purge leaves nothing behind', async () => {
    const { code, stderr } = await machine.run(`${PALISADE} down --purge`, 10 * MINUTE)
    expect(code, stderr).toBe(0)
    expect(await readFootprint(machine)).toBe(footprint)
    expect((await machine.run('pgrep --list-full "dockerd|caddy|mariadb|nginx|php"')).stdout).toBe('')
    expect(await machine.answer('systemctl list-units --all --plain --no-legend "palisade*"')).toBe('')
  })
}
