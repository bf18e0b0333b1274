import { hostNamePattern } from '../../plan/edge-entry.ts'
import { lookUp, subroute } from './caddy-lookup.ts'

/** Everyone on this machine can ask there: what holds private keys has a path that nobody guesses. */
export const certificatePath = (token: string): string => `/certificates/${token}`

/** Directories that Caddy's answers to itself come from. */
export interface AskTables {
  /** The edge's table. */
  readonly routes: string
  /** An empty file for each host that a certificate may be had for. */
  readonly permitted: string
  /** `HOST.pem`: chain and private key. */
  readonly installed: string
}

const asked = (name: string, parameter: string, pattern: string) => ({
  vars_regexp: { [`{http.request.uri.query.${parameter}}`]: { name, pattern: `^(${pattern})$` } },
})

const granted = [{ handler: 'static_response', status_code: 200 }]

/** No certificate there: Caddy goes on with its own. */
const NONE = [{ handler: 'static_response', status_code: 204 }]

const installedCertificate = (directory: string, token: string) => ({
  match: [{ path: [certificatePath(token)], ...asked('certificate', 'server_name', hostNamePattern) }],
  handle: [
    subroute({ file: { root: directory, try_files: ['/{http.regexp.certificate.1}.pem'] } }, [
      { handler: 'rewrite', uri: '{http.matchers.file.relative}' },
      { handler: 'file_server', root: directory },
    ]),
    ...NONE,
  ],
})

/**
 * Where Caddy asks itself: for which hosts certificates may be had, and for those that were installed. Names below `localhost`
 * have a certificate of this machine's own as soon as they are in the table.
 */
export const askServer = ({ routes, permitted, installed }: AskTables, askPort: number, token: string) => ({
  listen: [`127.0.0.1:${askPort}`],
  automatic_https: { disable: true },
  protocols: ['h1'],
  routes: [
    installedCertificate(installed, token),
    { match: [{ path: ['/certificates/*'] }], handle: NONE },
    {
      match: [asked('local', 'domain', `(?:${hostNamePattern}\\.)?localhost`)],
      handle: [subroute(lookUp(routes, '{http.regexp.local.1}'), granted)],
    },
    {
      match: [asked('ask', 'domain', hostNamePattern)],
      handle: [subroute({ file: { root: permitted, try_files: ['/{http.regexp.ask.1}'] } }, granted)],
    },
    { handle: [{ handler: 'static_response', status_code: 404 }] },
  ],
})
