import { hostNamePattern } from '../../plan/edge-entry.ts'
import { lookUp, subroute } from './caddy-lookup.ts'

/** Where Caddy asks itself for which hosts certificates may be had: for those in the table. */
export const askServer = (table: string, askPort: number) => ({
  listen: [`127.0.0.1:${askPort}`],
  automatic_https: { disable: true },
  protocols: ['h1'],
  routes: [
    {
      match: [
        { vars_regexp: { '{http.request.uri.query.domain}': { name: 'ask', pattern: `^(${hostNamePattern})$` } } },
      ],
      handle: [subroute(lookUp(table, '{http.regexp.ask.1}'), [{ handler: 'static_response', status_code: 200 }])],
    },
    { handle: [{ handler: 'static_response', status_code: 404 }] },
  ],
})
