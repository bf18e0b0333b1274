import type { HostSpec } from '../api/generated/host.ts'
import { parseDuration } from '../api/quantity.ts'
import { API_VERSION, type SpecSchemas } from '../api/schemas.ts'
import type { SpecObject } from '../api/spec-object.ts'
import type { ImagePreference } from '../plan/catalog-lookup.ts'
import { resolveIpv6Pool } from '../plan/ipv6-pool.ts'
import type { HostSettings } from '../plan/settings.ts'

/** What the daemon's command line and the machine decide. */
export type HostFlags = Pick<HostSettings, 'stateDirectory' | 'runDirectory' | 'machineId'>

/** The schema's own defaults. */
const defaultSpec = (schemas: SpecSchemas): HostSpec => {
  const empty: unknown = { apiVersion: API_VERSION, kind: 'Host', metadata: { name: 'default' }, spec: {} }
  if (!schemas.Host(empty)) throw new Error('a Host that says nothing must be valid')
  return empty.spec
}

const specOf = (host: SpecObject<'Host'> | undefined, schemas: SpecSchemas): HostSpec =>
  host?.value.spec ?? defaultSpec(schemas)

export const imagePreferenceOf = (host: SpecObject<'Host'> | undefined, schemas: SpecSchemas): ImagePreference =>
  specOf(host, schemas).images.prefer

/** The host's settings; without an object, all defaults. */
export const resolveHost = (
  host: SpecObject<'Host'> | undefined,
  flags: HostFlags,
  schemas: SpecSchemas,
): HostSettings => {
  const spec = specOf(host, schemas)
  return {
    ...flags,
    instance: spec.instance,
    dataRoot: spec.dataRoot ?? flags.stateDirectory,
    interfacePrefix: spec.network.interfacePrefix,
    ipv4Pool: spec.network.ipv4Pool,
    ipv6Pool: resolveIpv6Pool(spec.network.ipv6Pool, `${flags.machineId} ${spec.instance}`),
    uidBase: spec.pools.uidBase,
    subIdBase: spec.pools.subIdBase,
    httpPort: spec.edge.httpPort,
    httpsPort: spec.edge.httpsPort,
    askPort: spec.edge.askPort,
    resyncMs: parseDuration(spec.resync),
    deletionMaxPercent: spec.deletion.maxPercent,
    deletionConfirmed: spec.deletion.confirmed,
    retainData: spec.deletion.retainData,
    imagePreference: spec.images.prefer,
    registry: spec.images.registry ?? '',
    registryInsecure: spec.images.insecure,
    domains: spec.domains,
  }
}
