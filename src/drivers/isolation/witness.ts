import { isIPv4 } from 'node:net'
import type { Witness } from '../../isolation/ports.ts'
import type { RunProgram } from '../host/program.ts'

export interface WitnessOptions {
  readonly runProgram: RunProgram
  /** Of the table, which must be nobody else's. */
  readonly table: string
  /** Host end of the attacker's NIC. */
  readonly interface: string
  readonly address: string
  /** Host end of the neighbour's NIC; `none` where there is no neighbour. */
  readonly neighbourInterface: string
}

const checked = (text: string, pattern: RegExp): string => {
  if (pattern.test(text)) return text
  throw new RangeError(`${JSON.stringify(text)} can't stand in a packet rule`)
}

const INTERFACE = /^[a-z][a-z0-9]{0,14}$/
const TABLE = /^[a-z][a-z0-9_]{0,30}$/

/**
 * Counts and decides nothing. All but the first hook come after those of the operator's table, so that what is counted was let through: see nft(8),
 * "Chains", for priorities.
 */
const renderWitness = ({ table, interface: nic, address, neighbourInterface }: WitnessOptions): string => {
  if (!isIPv4(address)) throw new RangeError(`${JSON.stringify(address)} is no IPv4 address`)
  const from = `iifname "${checked(nic, INTERFACE)}"`
  return `table inet ${checked(table, TABLE)} {
  counter sent { }
  counter spoofed { }
  counter passed { }
  chain departure {
    type filter hook prerouting priority raw - 10; policy accept;
    ${from} counter name sent
  }
  chain arrival {
    type filter hook prerouting priority raw + 10; policy accept;
    ${from} ip saddr != ${address} counter name spoofed
  }
  chain passage {
    type filter hook forward priority filter + 10; policy accept;
    ${from} oifname "${checked(neighbourInterface, INTERFACE)}" counter name passed
  }
}
`
}

const packetsOf = (listing: string, name: string): number => {
  const [, packets] = new RegExp(`counter ${name} \\{\\s*packets (\\d+)`).exec(listing) ?? []
  if (packets === undefined) throw new Error(`the packet counter ${name} is gone`)
  return Number(packets)
}

/** A table of nftables of its own, which goes when the work is done. */
export const nftWitness =
  (options: WitnessOptions): Witness =>
  async (work) => {
    const { runProgram, table } = options
    const rules = renderWitness(options)
    await runProgram('nft', ['--file', '-'], { input: `add table inet ${table}\ndelete table inet ${table}\n${rules}` })
    try {
      await work()
      const listing = await runProgram('nft', ['list', 'counters', 'table', 'inet', table])
      const count = (name: string) => packetsOf(listing, name)
      return { sent: count('sent'), spoofed: count('spoofed'), 'to neighbour': count('passed') }
    } finally {
      await runProgram('nft', ['delete', 'table', 'inet', table])
    }
  }
