import { eventually } from '../fixtures/eventually.ts'
import type { Machine } from './machine.ts'

export const PALISADE = '/opt/palisade/bin/palisade'
export const SPECS = '/etc/palisade/specs'
export const EVENTS = '/var/lib/palisade/events.jsonl'
/** The XFS of the machine, with project quota. */
export const DATA_ROOT = '/srv'
/** Of the account of the quickstart. */
export const GROUP = '/sys/fs/cgroup/palisade/hello'
export const SPEC = `${SPECS}/quickstart/account.yaml`

export const MEBIBYTE = 1024 * 1024
/** In milliseconds. Deadlines are long because everything is emulated, some ten times slower than the host. */
export const MINUTE = 60_000

/** The kernel's project quota of the account's tree: bytes in KiB, then inodes; each in use, soft limit, hard limit. */
export const QUOTA = `
project="#$(lsattr -p -d ${DATA_ROOT}/tenants/hello | awk '{ print $1 }')"
for unit in b i; do xfs_quota -x -c "report -p -n -N -$unit" ${DATA_ROOT}; done |
  awk -v project="$project" '$1 == project { print $2, $3, $4 }'`

/** What must be the same before and after a new start of the machine: every fence of a tenant, as the kernel tells. */
const FENCES = `
cd ${GROUP}; for file in memory.max memory.swap.max cpu.max pids.max io.max; do echo "$file $(cat $file)"; done
tc qdisc show dev pal0; tc filter show dev pal0 ingress | grep --invert-match index
(${QUOTA}) | cut -d' ' -f2-`

/** A machine with the quickstart's account, as the cases ask it. */
export const createScene = (machine: Machine) => {
  const lines = async (script: string): Promise<readonly string[]> => (await machine.answer(script)).split('\n')

  const isServed = async (): Promise<boolean> =>
    (await machine.run('curl --silent --max-time 60 http://hello.localhost/')).stdout.includes('Hello from MariaDB')

  /** Whether the plan of each account is empty. */
  const isSettled = async (...accounts: readonly string[]): Promise<boolean> => {
    const plans = accounts.map((account) => `${PALISADE} plan ${account} --exit-code`)
    return (await machine.run(plans.join(' && '))).code === 0
  }

  return {
    machine,
    lines,
    isServed,
    isSettled,

    awaitServed: (): Promise<void> => eventually('PHP reads MariaDB', isServed, 10 * MINUTE),

    awaitSettled: (...accounts: readonly string[]): Promise<void> =>
      eventually(`nothing is to be done for ${accounts.join(', ')}`, () => isSettled(...accounts), 10 * MINUTE),

    /** Container and process ids: they stay while nothing is made anew. */
    services: (): Promise<string> =>
      machine.answer(
        `docker --context hello inspect --format '{{.Name}} {{.Id}} {{.State.Pid}}' $(docker --context hello ps -q)`,
      ),

    fences: (): Promise<string> => machine.answer(FENCES),

    /** The packet rules for all accounts. */
    firewall: (): Promise<string> => machine.answer('nft --stateless list ruleset'),

    /** Puts limits into the account's file, written as in YAML, and waits until a script answers as it should then. */
    async setLimits(limits: string, script: string, expected: string): Promise<void> {
      await machine.answer(`sed -i 's/^  limits: .*/  limits: ${limits}/' ${SPEC}`)
      await eventually(
        'the limits hold',
        async () => (await machine.run(script)).stdout.trim() === expected,
        5 * MINUTE,
      )
    },
  }
}

export type Scene = ReturnType<typeof createScene>
