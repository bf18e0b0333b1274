import { Resolver } from 'node:dns/promises'
import { isIPv6 } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { HostSettings } from '../../plan/settings.ts'
import type { Names } from '../../ports/certificates.ts'
import { hasCode } from '../system-error.ts'

const TIMEOUT_MS = 2_000
const TRIES = 2

/** RFC 4007 section 11 and RFC 4291 section 2.5.6: good on their link only. */
const isLinkLocal = (address: string): boolean => /^(169\.254\.|fe[89ab][0-9a-f]:)/i.test(address)

const isPublicOf =
  (prefix: string) =>
  ([name, addresses = []]: [string, { address: string; internal: boolean }[] | undefined]): string[] =>
    name.startsWith(prefix)
      ? []
      : addresses.filter(({ address, internal }) => !internal && !isLinkLocal(address)).map(({ address }) => address)

/** One that the name has none of, or that does not exist, is an answer; silence is none. */
const noneIfAbsent = (error: unknown): string[] => {
  if (hasCode(error, 'ENODATA') || hasCode(error, 'ENOTFOUND')) return []
  throw error
}

/** Names as name servers say them, without the machine's own `/etc/hosts`: what an authority sees counts. */
export const dnsNames = (settings: Pick<HostSettings, 'dns' | 'tls' | 'interfacePrefix'>): Names => {
  const { resolvers } = settings.tls
  const makeResolver = (): Resolver => {
    const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: TRIES })
    if (resolvers.length > 0) {
      resolver.setServers(resolvers.map((one) => (isIPv6(one) ? `[${one}]` : one)))
    }
    return resolver
  }
  return {
    async addresses() {
      if (settings.dns.addresses.length > 0) return settings.dns.addresses
      return Object.entries(networkInterfaces()).flatMap(isPublicOf(settings.interfacePrefix))
    },
    async resolve(host) {
      // A resolver takes the system's name servers when it is made, and they change.
      const resolver = makeResolver()
      const [v4, v6] = await Promise.all([
        resolver.resolve4(host).catch(noneIfAbsent),
        resolver.resolve6(host).catch(noneIfAbsent),
      ])
      return [...v4, ...v6]
    },
  }
}
