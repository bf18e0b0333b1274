import { MEBIBYTE, SPOOL } from '../plan/kind.ts'
import { apacheMain, apacheSite } from './apache-config.ts'
import { ASK_SCRIPT, askByScript } from './http-ask.ts'
import { WEB_CONFIG, webServer } from './web-service.ts'

const MAIN = `${WEB_CONFIG}/httpd.conf`

/** httpd with the event MPM; customers may give rules of their own in `.htaccess` files. */
export const apache = webServer({
  name: 'apache',
  owner: { uid: 33, gid: 33 },
  port: 81,
  mainFile: 'httpd.conf',
  main: apacheMain,
  site: apacheSite,
  scripts: { 'ask.bash': ASK_SCRIPT },
  command: ['httpd-foreground', '-f', MAIN],
  // Request bodies that the code behind has to get as a whole.
  environment: { TMPDIR: SPOOL },
  ask: askByScript(WEB_CONFIG),
  // The former processes are told to end before the new files are read.
  isInForce: askByScript(WEB_CONFIG),
  memoryBytes: 256 * MEBIBYTE,
  pids: 512,
  stopSignal: 'SIGWINCH',
  // Sends SIGUSR1, but not before it has read the files: the server ends when it meets a configuration that is wrong.
  reload: { command: ['httpd', '-k', 'graceful', '-f', MAIN] },
})
