import { codeEnvironment, type KindContext, SITES, siteService } from './kind.ts'
import type { RenderedServices } from './render-services.ts'
import type { ResolvedJob } from './resolved-account.ts'
import type { DesiredContainer, DesiredJob } from './resources.ts'

/** What a job that runs too long has for its end. */
const STOP_TIMEOUT_SECONDS = 10

/** Names of jobs have no dot, so that no two jobs of an account share a name. */
const containerName = (domain: string, { name }: ResolvedJob): string => siteService('job', `${domain}.${name}`)

/** Like the container of the site's code, but for one command, with a life of its own. */
const jobContainer = (code: DesiredContainer, domain: string, job: ResolvedJob): DesiredContainer => ({
  ...code,
  name: containerName(domain, job),
  service: containerName(domain, job),
  command: job.command,
  publish: [],
  networks: code.networks.map(({ network }) => ({ network, aliases: [] })),
  workingDirectory: `${SITES}/${domain}`,
  stopSignal: 'SIGTERM',
  stopTimeoutSeconds: STOP_TIMEOUT_SECONDS,
  configFiles: [],
  reload: 'never',
})

/** The jobs of all sites that are not suspended. */
export const renderJobs = ({ account }: KindContext, { runtimes }: RenderedServices): DesiredJob[] =>
  runtimes.flatMap(({ sites, rendered }) =>
    sites.flatMap((site) =>
      (account.suspended || site.suspended ? [] : site.jobs).map((job) => ({
        type: 'job' as const,
        site: site.domain,
        name: job.name,
        schedule: job.schedule,
        timeZone: job.timeZone,
        timeoutMs: job.timeoutMs,
        container: {
          ...jobContainer(rendered.container, site.domain, job),
          environment: {
            ...rendered.container.environment,
            ...Object.fromEntries(codeEnvironment(site).map(({ name, value }) => [name, value])),
          },
          limits: {
            ...rendered.container.limits,
            memoryBytes: Math.min(site.memoryBytes, account.limits.memoryBytes),
          },
        },
      })),
    ),
  )
