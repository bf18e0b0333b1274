import { sha256 } from '../plan/digest.ts'
import {
  type Backend,
  configDirectory,
  configFile,
  type HttpCacheKind,
  type KindContext,
  MEBIBYTE,
  type Rendered,
  withinTenant,
} from '../plan/kind.ts'
import { ADDRESSES } from '../plan/networks.ts'
import type { ResolvedCache } from '../plan/resolved-account.ts'
import type { Command } from '../plan/resources.ts'
import { ASK_SCRIPT, askByScript } from './http-ask.ts'
import { type Vcl, varnishVcl } from './varnish-config.ts'
import { VARNISH_LOAD } from './varnish-load.ts'
import { configPath, HEALTH_PATH, WEB_CONFIG } from './web-service.ts'

const ask = askByScript(WEB_CONFIG)

const OWNER = { uid: 102, gid: 102 }
const VCL = `${WEB_CONFIG}/default.vcl`
const WORK = '/var/lib/varnish'

/** Ours alone: two networks of a tenant are within it, and never the edge. */
const TENANT_NETWORKS = ['172.30.0.0', 16] as const

/** Log, compiled VCL, threads, and answers that are under way without being kept. */
const BESIDE_STORAGE = 128 * MEBIBYTE
const LEAST_STORAGE = 8 * MEBIBYTE

/** What the allocator loses comes on top of each byte that is kept. */
const storage = ({ account }: KindContext, wanted: number): number =>
  Math.max(LEAST_STORAGE, Math.min(wanted, Math.floor((account.limits.memoryBytes - BESIDE_STORAGE) / 1.25)))

const PIDS = 256
/** Of processes and threads that answer no request. */
const OWN_PIDS = 40

const command = (storageBytes: number, pids: number): Command => [
  ...(['varnishd', '-F', '-f', VCL, '-a', 'http=:80,HTTP', '-s', `malloc,${storageBytes}`] as const),
  // The log, in memory: as much as an administrator who looks at it needs.
  ...['-l', '8m'],
  ...['thread_pools=1', 'thread_pool_min=10', `thread_pool_max=${pids - OWN_PIDS}`, 'thread_queue_limit=1000']
    .concat(['pipe_timeout=3600', 'http_max_hdr=256', 'timeout_idle=65'])
    .flatMap((parameter) => ['-p', parameter]),
]

const render = (context: KindContext, cache: ResolvedCache, backend: Backend): Rendered => {
  const { layout, allocation } = context
  const directory = `${layout.config}/varnish`
  const storageBytes = storage(context, cache.memoryBytes)
  const limits = withinTenant(context, Math.ceil(cache.memoryBytes * 1.25) + BESIDE_STORAGE, PIDS)
  const vcl: Omit<Vcl, 'configPath'> = {
    backend,
    purgers: TENANT_NETWORKS,
    largestBytes: Math.min(32 * MEBIBYTE, Math.floor(storageBytes / 8)),
    healthPath: HEALTH_PATH,
  }
  const digest = sha256(JSON.stringify(varnishVcl({ ...vcl, configPath: '' })))
  const file = {
    ...configFile(`${directory}/default.vcl`, varnishVcl({ ...vcl, configPath: configPath(digest) })),
    waitsFor: backend.container,
  }
  return {
    directories: [configDirectory(directory)],
    files: [file, configFile(`${directory}/ask.bash`, ASK_SCRIPT), configFile(`${directory}/load.bash`, VARNISH_LOAD)],
    container: {
      type: 'container',
      tier: 'web',
      name: 'varnish',
      service: 'varnish',
      image: cache.image,
      runtime: context.account.runtime,
      command: command(storageBytes, limits.pids),
      environment: {},
      workingDirectory: '/',
      user: OWNER,
      mounts: [{ source: directory, target: WEB_CONFIG, readOnly: true }],
      tmpfs: [
        { target: '/tmp', sizeBytes: 16 * MEBIBYTE, owner: OWNER, mode: '0700', executable: false },
        // VCL becomes a library that is loaded from here.
        { target: WORK, sizeBytes: 32 * MEBIBYTE, owner: OWNER, mode: '0700', executable: true },
      ],
      networks: [{ network: 'www', aliases: ['varnish'], address: ADDRESSES.varnish }],
      hosts: {},
      publish: [{ hostAddress: allocation.tenantAddress, hostPort: 88, containerPort: 80 }],
      health: { command: ask(HEALTH_PATH), intervalMs: 30_000, timeoutMs: 5_000, retries: 3 },
      limits,
      // Varnish ends at once when it is told to, whoever waits for an answer. It knows nothing of this signal, so that
      // what is under way has the whole time below.
      stopSignal: 'SIGWINCH',
      stopTimeoutSeconds: 5,
      configFiles: [file.path],
      reload: {
        by: { command: ['bash', `${WEB_CONFIG}/load.bash`, `palisade-${digest.slice(0, 16)}`, VCL] },
        check: ask(configPath(digest)),
      },
    },
  }
}

/** Varnish, before the web server of an account. */
export const varnish: HttpCacheKind = { name: 'varnish', address: ADDRESSES.varnish, render }
