import { codeEnvironment, type KindContext, SITES, siteService } from './kind.ts'
import type { RenderedServices } from './render-services.ts'
import type { ResolvedJob } from './resolved-account.ts'
import type { DesiredContainer, DesiredJob } from './resources.ts'

/** Like the container of the site's code, but for one command, with a life of its own. */
const jobContainer = (code: DesiredContainer, domain: string, { name, command }: ResolvedJob): DesiredContainer => ({
  ...code,
  name: siteService(`job-${name}`, domain),
  service: siteService(`job-${name}`, domain),
  command,
  publish: [],
  networks: code.networks.map(({ network }) => ({ network, aliases: [] })),
  workingDirectory: `${SITES}/${domain}`,
  configFiles: [],
  reload: 'never',
})

/** The jobs of all sites. */
export const renderJobs = ({ account }: KindContext, { runtimes }: RenderedServices): DesiredJob[] =>
  runtimes.flatMap(({ sites, rendered }) =>
    sites.flatMap((site) =>
      site.jobs.map((job) => ({
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
