import { join } from 'node:path'
import type { HostSpec } from '../api/generated/host.ts'
import { parseBytes, parseDuration } from '../api/quantity.ts'
import { API_VERSION, type SpecSchemas } from '../api/schemas.ts'
import type { SpecObject } from '../api/spec-object.ts'
import type { ImagePreference } from '../plan/catalog-lookup.ts'
import { resolveIpv6Pool } from '../plan/ipv6-pool.ts'
import { type DnsSettings, type HostSettings, storageImageFile } from '../plan/settings.ts'

/** What the daemon's command line and the machine decide. */
export type HostFlags = Pick<HostSettings, 'stateDirectory' | 'runDirectory' | 'machineId' | 'kernelIpv6'>

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

/** An image can't be mounted over the state directory, which holds it: beside it, unless told where. */
const storageOf = (spec: HostSpec, { stateDirectory }: HostFlags): Pick<HostSettings, 'dataRoot' | 'storageImage'> => {
  const { image } = spec.storage
  if (image === undefined) return { dataRoot: spec.dataRoot ?? stateDirectory, storageImage: 'none' }
  return {
    dataRoot: spec.dataRoot ?? join(stateDirectory, 'data'),
    storageImage: { file: storageImageFile(stateDirectory), sizeBytes: parseBytes(image.size) },
  }
}

const dnsOf = ({ dns }: HostSpec): DnsSettings => ({
  ...dns,
  hostmaster: dns.hostmaster ?? '',
  hostName: dns.hostName ?? '',
  secondaries: dns.secondaries.map((secondary) => ({ ...secondary, keyFile: secondary.keyFile ?? '' })),
})

/** The host's settings; without an object, all defaults. */
export const resolveHost = (
  host: SpecObject<'Host'> | undefined,
  flags: HostFlags,
  schemas: SpecSchemas,
): HostSettings => {
  const spec = specOf(host, schemas)
  const ipv6Pool = resolveIpv6Pool(spec.network.ipv6Pool, `${flags.machineId} ${spec.instance}`)
  return {
    ...flags,
    instance: spec.instance,
    ...storageOf(spec, flags),
    interfacePrefix: spec.network.interfacePrefix,
    ipv4Pool: spec.network.ipv4Pool,
    ipv6Pool: flags.kernelIpv6 ? ipv6Pool : '',
    uidBase: spec.pools.uidBase,
    subIdBase: spec.pools.subIdBase,
    httpPort: spec.edge.httpPort,
    httpsPort: spec.edge.httpsPort,
    askPort: spec.edge.askPort,
    maxRequestBodyBytes: parseBytes(spec.edge.maxRequestBody),
    trustedProxies: spec.edge.trustedProxies,
    tls: { ...spec.tls, contact: spec.tls.contact ?? '', rootFile: spec.tls.rootFile ?? '' },
    dns: dnsOf(spec),
    resyncMs: parseDuration(spec.resync),
    deletionMaxPercent: spec.deletion.maxPercent,
    deletionConfirmed: spec.deletion.confirmed,
    retainData: spec.deletion.retainData,
    imagePreference: spec.images.prefer,
    registry: spec.images.registry ?? '',
    registryInsecure: spec.images.insecure,
    domains: spec.domains,
    metricsListen: spec.metrics.listen ?? '',
  }
}
