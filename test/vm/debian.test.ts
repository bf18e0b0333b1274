import { afterAll, afterEach, describe } from 'vitest'
import { apparmorCases } from './cases/apparmor.ts'
import { limitCases } from './cases/limits.ts'
import { powerCases } from './cases/power.ts'
import { quickstartCases } from './cases/quickstart.ts'
import { readFootprint, removalCases } from './cases/removal.ts'
import { storageCases } from './cases/storage.ts'
import { startMachine } from './machine.ts'
import { createScene } from './scene.ts'

/**
 * Palisade on a Debian with systemd, cgroup v2 and an XFS, from its first start to its removal. All cases share one machine
 * and one account, and come in this order.
 */

const environment = (name: string): string => {
  const value = process.env[name]
  if (value === undefined) throw new Error(`${name} is not set: run scripts/test-vm`)
  return value
}

const machine = await startMachine({
  image: environment('PALISADE_VM_IMAGE'),
  payload: environment('PALISADE_VM_PAYLOAD'),
  console: environment('PALISADE_VM_CONSOLE'),
})
afterAll(() => machine.stop())

const STORY = `
for account in hello second; do /opt/palisade/bin/palisade describe $account; done
journalctl --boot --no-pager --lines 60 --unit palisade.service --unit palisade-edge.service; uptime`

afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') process.stderr.write(`${(await machine.run(STORY)).stdout}\n`)
})

const scene = createScene(machine)
const before = await readFootprint(machine)

describe('quickstart', () => quickstartCases(scene))
describe('limits', () => limitCases(scene))
describe('AppArmor', () => apparmorCases(scene))
describe('storage', () => storageCases(scene))
describe('power', () => powerCases(scene))
describe('removal', () => removalCases(scene, before))
