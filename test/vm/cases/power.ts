import { expect, test } from 'vitest'
import { eventually } from '../../fixtures/eventually.ts'
import { EVENTS, MINUTE, PALISADE, type Scene, SPECS } from '../scene.ts'

const ACCOUNT = `apiVersion: palisade.dev/v1
kind: Account
metadata: { name: second }
spec:
  limits:
    { cpu: "1", memory: 512Mi, pids: 256, storage: 512Mi, inodes: 20000, io: { write: 50M }, bandwidth: { in: 100M, out: 100M } }
  web: { server: nginx }
  sites: [{ domain: second.localhost, seed: site }]`

const PAGE = 'Here is the second account.'

const DID = (action: string): string => `grep --quiet '"object":"Account/second".*"action":"${action}"' ${EVENTS}`

/** Ends the power at once and for all that is not on the disk, but only while the account is on its way. */
const CUT_UNDER_WAY = `
! grep '"reason":"Converged".*"object":"Account/second"' ${EVENTS} || exit 1
echo b >/proc/sysrq-trigger`

/** The machine starts again, in order and not. Leaves a second account. */
export const powerCases = ({ machine, awaitServed, awaitSettled, fences, firewall }: Scene): void => {
  test('a reboot brings everything back by itself: services, data, limits and the firewall', async () => {
    const before = await fences()
    const rules = await firewall()
    await machine.reboot('systemctl reboot')
    await awaitServed()
    await awaitSettled('hello')
    expect(await fences()).toBe(before)
    expect(await firewall()).toBe(rules)
    const failures = 'journalctl --boot --quiet --unit palisade-edge.service --grep Failed'
    expect((await machine.run(failures)).stdout).toBe('')
  })

  test('a power cut at the first steps of another account, and one while its image is loaded, only delay it', async () => {
    const before = await fences()
    await machine.answer(`
      mkdir -p ${SPECS}/second/site; echo '${PAGE}' >${SPECS}/second/site/index.html
      cat >${SPECS}/second/account.yaml <<'END'\n${ACCOUNT}\nEND\nsync`)
    for (const action of ['ensureUser', 'startEngine']) {
      await eventually(`${action} is done`, async () => (await machine.run(DID(action))).code === 0, 5 * MINUTE)
      await machine.reboot(CUT_UNDER_WAY)
    }
    const { code, stderr } = await machine.run(`${PALISADE} wait second --for Ready --timeout 9m`, 10 * MINUTE)
    expect(code, stderr).toBe(0)
    expect(await machine.answer('curl --silent --max-time 60 http://second.localhost/')).toBe(PAGE)
    await awaitServed()
    await awaitSettled('hello', 'second')
    expect(await fences()).toBe(before)
  })
}
