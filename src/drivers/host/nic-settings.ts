import type { Allocation, Ipv6Link } from '../../plan/resources.ts'
import { readKernelFile, writeKernelFile } from './kernel-files.ts'

/** A host that was told to do without IPv6, at boot or later, has none for its tenants either. */
export const hasIpv6 = (): boolean => readKernelFile('/proc/sys/net/ipv6/conf/all/disable_ipv6') === '0'

/** The allocation's ends in IPv6 as far as the host has it. */
export const ipv6Of = ({ ipv6 }: Allocation): 'none' | Ipv6Link => (hasIpv6() ? ipv6 : 'none')

/**
 * Neither end asks the other for its hardware address, nor believes one that it is told: both are set. So a tenant can claim
 * no address by ARP, nor fill the host's table of neighbours. See ip-sysctl of the kernel: 8 answers for no address.
 */
const IPV4 = {
  arp_ignore: '8',
  rp_filter: '1',
  accept_redirects: '0',
  accept_source_route: '0',
  send_redirects: '0',
  route_localnet: '0',
  proxy_arp: '0',
}

/** 1: no address but those that are given, so that there is nothing to talk to neighbours from. */
const IPV6 = {
  disable_ipv6: '0',
  addr_gen_mode: '1',
  accept_ra: '0',
  autoconf: '0',
  accept_redirects: '0',
  accept_source_route: '0',
  proxy_ndp: '0',
}

const settingsOf = (allocation: Allocation): readonly (readonly [file: string, value: string])[] => {
  const { interface: name } = allocation
  const ipv6 = ipv6Of(allocation) === 'none' ? { disable_ipv6: '1' } : IPV6
  return [
    ...Object.entries(IPV4).map(([key, value]) => [`/proc/sys/net/ipv4/conf/${name}/${key}`, value] as const),
    ...Object.entries(ipv6).map(([key, value]) => [`/proc/sys/net/ipv6/conf/${name}/${key}`, value] as const),
  ]
}

/** Whether the host end is set as it should be; what the kernel has no file for is no matter. */
export const isSettled = (allocation: Allocation): boolean =>
  settingsOf(allocation).every(([file, value]) => (readKernelFile(file) ?? value) === value)

export const settle = (allocation: Allocation): void => {
  for (const [file, value] of settingsOf(allocation))
    if ((readKernelFile(file) ?? value) !== value) writeKernelFile(file, value)
}
