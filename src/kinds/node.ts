import { type RuntimeKind, type RuntimeSite, SITES, SPOOL } from '../plan/kind.ts'
import { nodeHealthCheck } from './node-health.ts'
import { nodeListen } from './node-listen.ts'
import { CONFIG, renderSiteProgram, type SiteProgram } from './site-program.ts'

const program = ({ domain, runtime, healthPath }: RuntimeSite): SiteProgram => ({
  command: ['node', '--require', `${CONFIG}/listen.cjs`, `${SITES}/${domain}/${runtime.entry}`],
  health: ['node', `${CONFIG}/health.cjs`, healthPath, domain],
  files: { 'listen.cjs': nodeListen, 'health.cjs': nodeHealthCheck },
  defaults: { NODE_ENV: 'production', TMPDIR: SPOOL },
  environment: { PORT: '3000' },
  stopTimeoutSeconds: 30,
})

/** Node.js: a container per site. What the site listens to on `PORT` is a Unix socket in truth. */
export const node: RuntimeKind = {
  name: 'node',
  groupKey: ({ domain }) => domain,
  render: (context, [site]) => renderSiteProgram(context, site, program(site)),
}
