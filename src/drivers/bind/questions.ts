import { promises as dns } from 'node:dns'
import { isIPv6 } from 'node:net'
import type { DnsSettings } from '../../plan/settings.ts'
import { hasCode } from '../system-error.ts'
import { memberName } from './catalog-names.ts'

interface Server {
  readonly address: string
  readonly port: number
}

const OWN_PATIENCE = { timeout: 1_000, tries: 2 }
/** One that does not answer must not hold up a pass. */
const OTHERS_PATIENCE = { timeout: 700, tries: 1 }

/** Named answers, but not for the zone. */
const ANSWERS = ['EREFUSED', 'ENOTFOUND', 'ENODATA', 'ESERVFAIL']

const resolverOf = ({ address, port }: Server, patience: typeof OWN_PATIENCE): dns.Resolver => {
  const resolver = new dns.Resolver(patience)
  resolver.setServers([isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`])
  return resolver
}

const serialOf = (resolver: dns.Resolver, zone: string): Promise<number | undefined> =>
  resolver.resolveSoa(zone).then(
    ({ serial }) => serial,
    () => undefined,
  )

/** The address that named is asked at from this host. */
export const ownAddress = ({ listen, port }: DnsSettings): Server => ({ address: listen[0] ?? '127.0.0.1', port })

/** Questions to name servers, over the network as anybody asks them: no program is started. */
export const bindQuestions = (settings: DnsSettings) => {
  const own = resolverOf(ownAddress(settings), OWN_PATIENCE)
  const others = settings.secondaries.map((secondary) => ({
    address: secondary.address,
    resolver: resolverOf(secondary, OTHERS_PATIENCE),
  }))
  return {
    /** Whether a name server answers at all. */
    answers: (): Promise<boolean> =>
      own.resolveSoa('palisade.invalid').then(
        () => true,
        (error: unknown) => hasCode(error, ...ANSWERS),
      ),

    /** The serial that is served; undefined when the zone is not. */
    serial: (zone: string): Promise<number | undefined> => serialOf(own, zone),

    /** Whether the catalog holds the zone. */
    isListed: (zone: string): Promise<boolean> =>
      own.resolvePtr(memberName(zone)).then(
        (names) => names.includes(zone),
        () => false,
      ),

    /** The serial that each secondary serves. */
    serialsElsewhere: (zone: string) =>
      Promise.all(others.map(async ({ address, resolver }) => ({ address, serial: await serialOf(resolver, zone) }))),
  }
}

export type BindQuestions = ReturnType<typeof bindQuestions>
