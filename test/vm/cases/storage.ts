import { expect, test } from 'vitest'
import { DATA_ROOT, GROUP, PALISADE, QUOTA, type Scene } from '../scene.ts'

const SITE = `${DATA_ROOT}/tenants/hello/sites/hello.localhost`
/** In the site's directory, as the user that PHP runs as and that owns it: one of the account's subordinate ids. */
const AS_OWNER = `cd ${SITE}; setpriv --reuid $(stat --format %u .) --regid $(stat --format %g .) --clear-groups`
const FULL = /No space left on device|Disk quota exceeded/

/** All that the kernel can hold an account to. Written once more by the cases after these. */
const limits = (inodes: number): string =>
  `{ cpu: "2", memory: 1280Mi, pids: 400, storage: 2Gi, inodes: ${inodes}, ` +
  'io: { write: 50M, readOperations: 4000 }, bandwidth: { in: 200M, out: 100M } }'

const HARD_LIMITS = `(${QUOTA}) | cut -d' ' -f3`

/** What the account may store, and what it may move: project quota of XFS, io.max, tc. Leaves all of that in force. */
export const storageCases = ({ machine, lines, isServed, services, setLimits }: Scene): void => {
  test('limits of storage, disk and network hold at once, without a restart', async () => {
    const running = await services()
    await setLimits(limits(100_000), HARD_LIMITS, `${2 * 1024 * 1024}\n100000`)
    expect(await machine.answer(`cat ${GROUP}/io.max`)).toMatch(/^\d+:\d+ rbps=max wbps=50000000 riops=4000 wiops=max$/)
    expect(await machine.answer('tc qdisc show dev pal0')).toContain('rate 200Mbit')
    expect(await services()).toBe(running)
  })

  test('files of every user of the tenant count, and nobody gets more than the limit', async () => {
    const { code, stderr } = await machine.run(
      `${AS_OWNER} fallocate --length 3G too-much; code=$?; rm -f too-much; exit $code`,
    )
    expect(code).not.toBe(0)
    expect(stderr).toMatch(FULL)
    const [before, after] = await lines(`
      (${QUOTA}) | head -1 | cut -d' ' -f1
      ${AS_OWNER} fallocate --length 64M some
      (${QUOTA}) | head -1 | cut -d' ' -f1; rm ${SITE}/some`)
    expect(Number(after) - Number(before)).toBeGreaterThanOrEqual(64 * 1024)
    expect(await isServed()).toBe(true)
  })

  test('so do the files themselves, however small', async () => {
    const used = Number((await lines(QUOTA))[1]?.split(' ')[0])
    const most = Math.max(10_000, used + 200)
    await setLimits(limits(most), HARD_LIMITS, `${2 * 1024 * 1024}\n${most}`)
    const { stdout, stderr } = await machine.run(`
      ${AS_OWNER} sh -c 'mkdir many; seq ${most - used + 100} | (cd many; xargs touch)'
      ls many | wc --lines; rm -rf many`)
    expect(stderr).toMatch(FULL)
    expect(Number(stdout)).toBeLessThanOrEqual(most - used)
    await setLimits(limits(100_000), HARD_LIMITS, `${2 * 1024 * 1024}\n100000`)
  })

  test('the status says that the limit is enforced', async () => {
    const status = await machine.answer(`${PALISADE} describe hello`)
    expect(status).toMatch(/StorageLimitEnforced +True/)
    expect(status).toMatch(/StorageAvailable +True/)
  })
}
