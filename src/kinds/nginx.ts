import { MEBIBYTE } from '../plan/kind.ts'
import { askByCurl } from './http-ask.ts'
import { nginxMain, nginxSite } from './nginx-config.ts'
import { nginxInForce } from './nginx-in-force.ts'
import { WEB_CONFIG, type WebFlavour, webServer } from './web-service.ts'

const flavour = (name: 'nginx' | 'openresty', port: number, mimeTypes: string): WebFlavour => ({
  name,
  owner: { uid: 101, gid: 101 },
  port,
  mainFile: 'nginx.conf',
  main: (main) => nginxMain(main, mimeTypes),
  site: nginxSite,
  scripts: { 'in-force.sh': nginxInForce },
  command: [name, '-c', `${WEB_CONFIG}/nginx.conf`, '-g', 'daemon off;'],
  environment: {},
  ask: askByCurl,
  isInForce: (path) => ['sh', `${WEB_CONFIG}/in-force.sh`, path],
  memoryBytes: 128 * MEBIBYTE,
  pids: 64,
  stopSignal: 'SIGQUIT',
  reload: { signal: 'SIGHUP' },
})

export const nginx = webServer(flavour('nginx', 80, '/etc/nginx/mime.types'))

/** nginx with Lua inside; its configuration is nginx's. */
export const openresty = webServer(flavour('openresty', 82, '/usr/local/openresty/nginx/conf/mime.types'))
