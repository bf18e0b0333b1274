import {
  APP_OWNER,
  APP_SOCKETS,
  cacheMounts,
  codeEnvironment,
  configDirectory,
  configFile,
  type KindContext,
  MEBIBYTE,
  type RenderedRuntime,
  type RuntimeSite,
  revisionName,
  SITES,
  SPOOL,
  siteService,
  withinTenant,
} from '../plan/kind.ts'
import { APP_HOSTS } from '../plan/networks.ts'
import type { Command, DesiredContainer } from '../plan/resources.ts'

/** Where {@link SiteProgram.files} are inside of the container. */
export const CONFIG = '/etc/palisade'

/** Names the Unix socket that the site has to be reached by. */
export const SOCKET_VARIABLE = 'PALISADE_SOCKET'

/** How a runtime runs one site that speaks HTTP itself. */
export interface SiteProgram {
  readonly command: Command
  /** Exits 0 when the site answers on the socket. */
  readonly health: Command
  /** Texts by file name. */
  readonly files: Readonly<Record<string, string>>
  /** What the site's own environment may overrule. */
  readonly defaults: Readonly<Record<string, string>>
  /** What it may not. */
  readonly environment: Readonly<Record<string, string>>
  readonly stopTimeoutSeconds: number
}

const environmentOf = (site: RuntimeSite, { defaults, environment }: SiteProgram): Record<string, string> => ({
  ...defaults,
  ...Object.fromEntries(codeEnvironment(site).map(({ name, value }) => [name, value])),
  ...environment,
  HOME: SPOOL,
})

const mountsOf = (context: KindContext, site: RuntimeSite, name: string): DesiredContainer['mounts'] => {
  const { layout } = context
  return [
    { source: `${layout.config}/${name}`, target: CONFIG, readOnly: true },
    { source: layout.sites, target: SITES, readOnly: false },
    { source: `${layout.sockets}/apps/${name}`, target: `${APP_SOCKETS}/${name}`, readOnly: false },
    { source: `${layout.spool}/apps`, target: SPOOL, readOnly: false },
    { source: `${layout.secrets}/app`, target: '/run/secrets', readOnly: true },
    ...cacheMounts(context, site.caches),
  ]
}

/**
 * A container for one site, named after all that it is made from: whatever changes, the successor stands beside it
 * until it is healthy.
 */
export const renderSiteProgram = (context: KindContext, site: RuntimeSite, program: SiteProgram): RenderedRuntime => {
  const { layout } = context
  const { kind, image } = site.runtime
  const service = siteService(kind, site.domain)
  const environment = environmentOf(site, program)
  const { command, health, files } = program
  const name = revisionName(service, [image.name, command, health, files, environment, site.caches])
  const socket = `${APP_SOCKETS}/${name}/app.sock`
  const configFiles = Object.entries(files).map(([file, text]) => configFile(`${layout.config}/${name}/${file}`, text))
  return {
    upstreams: new Map([[site.domain, { type: 'http', socket, container: name }]]),
    directories: [
      configDirectory(`${layout.config}/${name}`),
      { type: 'directory', path: `${layout.sockets}/apps/${name}`, mode: '0711', owner: APP_OWNER },
      { type: 'directory', path: `${layout.spool}/apps`, mode: '0700', owner: APP_OWNER },
    ],
    files: configFiles,
    container: {
      type: 'container',
      tier: 'backend',
      name,
      service,
      image,
      runtime: context.account.runtime,
      command,
      environment: { ...environment, [SOCKET_VARIABLE]: socket },
      workingDirectory: `${SITES}/${site.domain}`,
      user: APP_OWNER,
      mounts: mountsOf(context, site, name),
      tmpfs: [{ target: '/tmp', sizeBytes: 64 * MEBIBYTE, owner: APP_OWNER, mode: '0700', executable: false }],
      networks: [
        { network: 'www', aliases: [] },
        { network: 'db', aliases: [] },
      ],
      hosts: APP_HOSTS,
      publish: [],
      health: { command: health, intervalMs: 30_000, timeoutMs: 5_000, retries: 3 },
      limits: withinTenant(context, site.memoryBytes, 128),
      stopSignal: 'SIGTERM',
      stopTimeoutSeconds: program.stopTimeoutSeconds,
      configFiles: configFiles.map(({ path }) => path),
      reload: 'never',
    },
  }
}
