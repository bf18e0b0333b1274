import type { Page } from './pages.ts'

const answer = (status: number, type: string, body: string, headers: Record<string, string[]>) => ({
  handler: 'static_response',
  status_code: status,
  headers: { 'Content-Type': [type], 'Cache-Control': ['no-store'], Vary: ['Accept'], ...headers },
  body,
})

/** The page, as the client would have it: HTML, or JSON for who asks for that first. */
export const showPage = (status: number, { html, problem }: Page, headers: Record<string, string[]> = {}) => ({
  handler: 'subroute',
  routes: [
    {
      match: [{ header_regexp: { Accept: { pattern: '^\\s*application/(?:[a-z.]+\\+)?json' } } }],
      handle: [answer(status, 'application/problem+json', problem, headers)],
    },
    { handle: [answer(status, 'text/html; charset=utf-8', html, headers)] },
  ],
})
