import { normalize } from 'node:path'

/** What of a tenant's tree a service may see; the home, the engine's data and the logs are nobody's but root's. */
const DIRECTORIES = ['sites', 'data', 'config', 'secrets', 'sockets', 'spool']

/**
 * Whether a container of the tenant may mount the path: below one of the directories that are for services, or all sites
 * together. Never another part of the host, and no path that leads out again.
 */
export const isMountable = (tree: string, path: string): boolean =>
  path === normalize(path) &&
  (path === `${tree}/sites` || DIRECTORIES.some((directory) => path.startsWith(`${tree}/${directory}/`)))
