import {
  APP_OWNER,
  configDirectory,
  configFile,
  type KindContext,
  MEBIBYTE,
  type Rendered,
  type ToolKind,
  withinTenant,
} from '../plan/kind.ts'
import type { ResolvedTool } from '../plan/resolved-account.ts'
import { FILEMANAGER_HEALTH, FILEMANAGER_LOGIN } from './filemanager-scripts.ts'

const NAME = 'filemanager'
const CONFIG = '/etc/palisade'
const FILES = '/files'
/** On the tenant's NIC. */
const PORT = 8081

const render = (context: KindContext, { image }: ResolvedTool): Rendered => {
  const { layout, allocation, account } = context
  const directory = `${layout.config}/${NAME}`
  const secrets = `${layout.secrets}/${NAME}`
  return {
    directories: [configDirectory(directory), { type: 'directory', path: secrets, mode: '0711', owner: 'root' }],
    files: [
      configFile(`${directory}/login.mjs`, FILEMANAGER_LOGIN),
      configFile(`${directory}/health.mjs`, FILEMANAGER_HEALTH),
    ],
    secrets: [{ type: 'secret', path: `${secrets}/password`, owner: APP_OWNER }],
    container: {
      type: 'container',
      tier: 'backend',
      name: NAME,
      service: NAME,
      image,
      runtime: account.runtime,
      command: [],
      environment: {
        NODE_OPTIONS: `--import=${CONFIG}/login.mjs`,
        HOME: '/tmp',
        CLOUDCMD_ROOT: FILES,
        CLOUDCMD_USERNAME: account.name,
        CLOUDCMD_AUTH: 'true',
        CLOUDCMD_CONFIG_AUTH: 'false',
        CLOUDCMD_CONFIG_DIALOG: 'false',
        CLOUDCMD_CONSOLE: 'false',
        CLOUDCMD_TERMINAL: 'false',
        CLOUDCMD_CONTACT: 'false',
        CLOUDCMD_OPEN: 'false',
      },
      workingDirectory: '/',
      user: APP_OWNER,
      mounts: [
        { source: directory, target: CONFIG, readOnly: true },
        { source: secrets, target: '/run/secrets', readOnly: true },
        { source: layout.sites, target: FILES, readOnly: false },
      ],
      tmpfs: [{ target: '/tmp', sizeBytes: 128 * MEBIBYTE, owner: APP_OWNER, mode: '0700', executable: false }],
      networks: [{ network: 'www', aliases: [] }],
      hosts: {},
      publish: [{ hostAddress: allocation.tenantAddress, hostPort: PORT, containerPort: 8000 }],
      health: {
        command: ['node', `${CONFIG}/health.mjs`],
        intervalMs: 60_000,
        timeoutMs: 10_000,
        retries: 3,
      },
      limits: withinTenant(context, 256 * MEBIBYTE, 64),
      stopSignal: 'SIGTERM',
      stopTimeoutSeconds: 5,
      configFiles: [],
      reload: 'never',
    },
  }
}

/** Cloud Commander over the sites of the account, behind a login with the account's name. */
export const filemanager: ToolKind = { name: NAME, render }
