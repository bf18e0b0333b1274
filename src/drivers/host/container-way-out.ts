import { CONTAINERS_IPV6 } from '../../plan/networks.ts'
import { nftNetwork } from './firewall-rules.ts'
import { bareAddress, readTable } from './nic-observation.ts'
import type { RunProgram } from './program.ts'

const CONTAINERS = nftNetwork(CONTAINERS_IPV6, 6)

/**
 * What the engine's own rules are for IPv4: what leaves the containers has the address of the tenant's NIC, and nothing
 * comes in to them. Replaced whole, in one transaction: nft(8).
 */
export const CONTAINER_RULES = `table ip6 palisade
delete table ip6 palisade
table ip6 palisade {
  chain forward {
    type filter hook forward priority filter; policy drop;
    ct state established,related accept
    ip6 saddr ${CONTAINERS} ip6 daddr ${CONTAINERS} accept
    ip6 saddr ${CONTAINERS} oifname "eth0" accept
  }

  chain way_out {
    type nat hook postrouting priority srcnat; policy accept;
    ip6 saddr ${CONTAINERS} oifname "eth0" masquerade
  }
}
`

/**
 * Of the /48 around the networks of containers only those that stand lead anywhere: RFC 4193 section 4.3. Set after the
 * rules, it tells too that they are there: the kernel shows routes in a file, and rules only to a program.
 */
const NOWHERE = { network: 'fd5c:9f6e:1e30::', prefixLength: 48 }

/** Whether containers in the network namespace of `pid` have their way out by IPv6. Starts no program. */
export const hasWayOut = (pid: number): boolean =>
  readTable(pid, 'ipv6_route').some(
    ([destination, length]) =>
      destination === bareAddress(NOWHERE.network) && Number.parseInt(length ?? '', 16) === NOWHERE.prefixLength,
  )

/** From outside of the tenant, as its engine has no rules for IPv6 before version 27. No connection ends by it. */
export const openWayOut = async (runProgram: RunProgram, pid: number): Promise<void> => {
  const enter = ['--target', `${pid}`, '--net', '--']
  await runProgram('nsenter', [...enter, 'nft', '--file', '-'], { input: CONTAINER_RULES })
  const route = `route replace unreachable ${NOWHERE.network}/${NOWHERE.prefixLength}`
  await runProgram('nsenter', [...enter, 'ip', '-6', '-batch', '-'], { input: route })
}
