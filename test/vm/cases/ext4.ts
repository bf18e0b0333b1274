import { expect, test } from 'vitest'
import { MINUTE, PALISADE, type Scene, SPECS } from '../scene.ts'

const HOST = '{ apiVersion: palisade.dev/v1, kind: Host, metadata: { name: default }, spec: {} }'
const SITE = '/var/lib/palisade/tenants/second/sites/second.localhost'

/** The second account once more, its tree beside the operator's state on the machine's root, an ext4. */
export const ext4Cases = ({ machine }: Scene): void => {
  test('project quota of ext4 holds a tenant too', async () => {
    expect(await machine.answer('findmnt --noheadings --output FSTYPE,OPTIONS /')).toMatch(/^ext4 .*prjquota/)
    const { code, stderr } = await machine.run(
      `
      rm -r ${SPECS}/quickstart; cat >${SPECS}/host.yaml <<<'${HOST}'
      ${PALISADE} up --timeout 9m`,
      10 * MINUTE,
    )
    expect(code, stderr).toBe(0)
    const attempt = await machine.run(`
      cd ${SITE}; owner=$(stat --format %u .)
      setpriv --reuid $owner --regid $owner --clear-groups fallocate --length 600M too-much`)
    expect(attempt.code).not.toBe(0)
    expect(attempt.stderr).toContain('Disk quota exceeded')
    expect(await machine.answer(`${PALISADE} describe second`)).toMatch(/StorageLimitEnforced +True/)
  })
}
