import { MEBIBYTE, type RuntimeKind, type RuntimeSite, SPOOL } from '../plan/kind.ts'
import { pythonHealthCheck } from './python-health.ts'
import { pythonServe } from './python-serve.ts'
import { CONFIG, renderSiteProgram, type SiteProgram } from './site-program.ts'

/** What one worker with a framework in it is expected to hold. */
const MEMORY_PER_WORKER = 128 * MEBIBYTE
const MAX_WORKERS = 8

const workers = (memoryBytes: number): number =>
  Math.max(1, Math.min(MAX_WORKERS, Math.floor(memoryBytes / MEMORY_PER_WORKER)))

const program = ({ domain, runtime, healthPath, memoryBytes }: RuntimeSite): SiteProgram => ({
  command: ['python3', `${CONFIG}/serve.py`, runtime.interface, `${workers(memoryBytes)}`, runtime.entry],
  health: ['python3', '-I', `${CONFIG}/health.py`, healthPath, domain],
  files: { 'serve.py': pythonServe, 'health.py': pythonHealthCheck },
  defaults: { PYTHONDONTWRITEBYTECODE: '1', PYTHONUNBUFFERED: '1', TMPDIR: SPOOL },
  environment: {},
  stopTimeoutSeconds: 35,
})

/** Python: a container per site, in which Gunicorn serves the site's application on a Unix socket. */
export const python: RuntimeKind = {
  name: 'python',
  groupKey: ({ domain }) => domain,
  render: (context, [site]) => renderSiteProgram(context, site, program(site)),
}
