import type { Witness } from '../../isolation/ports.ts'
import { nftAddress, nftInterface, nftName } from '../host/firewall-rules.ts'
import type { RunProgram } from '../host/program.ts'

export interface WitnessOptions {
  readonly runProgram: RunProgram
  /** Of the table, which must be nobody else's. */
  readonly table: string
  /** Host end of the attacker's NIC. */
  readonly interface: string
  readonly address: string
  /** `none`: every IPv6 packet is one with a foreign source. */
  readonly ipv6Address: 'none' | string
  /** Host end of the neighbour's NIC; `none` where there is no neighbour. */
  readonly neighbourInterface: string
}

/**
 * Counts and decides nothing. All but the first hook come after those of the operator's table, so that what is counted was let through: see nft(8),
 * "Chains", for priorities.
 */
const renderWitness = ({ table, interface: nic, neighbourInterface, ...own }: WitnessOptions): string => {
  const from = `iifname ${nftInterface(nic)}`
  // What neighbours of a link say to one another has no address of theirs yet: RFC 4861.
  const ipv6Own = own.ipv6Address === 'none' ? '::' : nftAddress(own.ipv6Address, 6)
  return `table inet ${nftName(table)} {
  counter sent { }
  counter spoofed { }
  counter passed { }
  chain departure {
    type filter hook prerouting priority raw - 10; policy accept;
    ${from} counter name sent
  }
  chain arrival {
    type filter hook prerouting priority raw + 10; policy accept;
    ${from} ip saddr != ${nftAddress(own.address, 4)} counter name spoofed
    ${from} ip6 saddr != { ${[...new Set(['::', ipv6Own])].join(', ')}, fe80::/10 } counter name spoofed
  }
  chain passage {
    type filter hook forward priority filter + 10; policy accept;
    ${from} oifname ${nftInterface(neighbourInterface)} counter name passed
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
