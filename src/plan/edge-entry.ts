/**
 * What the edge does with requests for a host, as the text that stands in its table: the tenant's `address:port`, then
 * words after commas. Every part is safe in a path; Caddy reads them by the patterns here, see `drivers/edge`.
 */

/** How long browsers are to come by HTTPS alone: RFC 6797. */
export interface Hsts {
  /** Seconds. */
  readonly maxAge: number
  readonly includeSubdomains: boolean
  readonly preload: boolean
}

export interface EdgeEntry {
  /** `address:port` of the tenant's entry; the owner of the entry is told by it. */
  readonly upstream: string
  /** `serve` asks the upstream; a suspended host gets a page; else the host that visitors are sent to. */
  readonly answer: 'serve' | 'suspended' | { readonly redirectTo: string }
  /** Whether requests over HTTP are sent to HTTPS. */
  readonly httpsOnly: boolean
  readonly hsts?: Hsts
}

// Letters, digits and hyphens (RFC 1123, section 2.1). No character in here means anything to a path or to a glob, so
// what this matches can be looked up in the table as it is.
const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'

/** Pattern of a host name in lower case. It and those below read the same in JavaScript and in Go. */
export const hostNamePattern = `(?:${label}\\.)*${label}`

const octet = '(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])'

/** Pattern of `address:port` with an IPv4 address. */
export const upstreamPattern = `${octet}(?:\\.${octet}){3}:[1-9][0-9]{0,4}`

const answerPattern = `,suspended|,to=${hostNamePattern}`
const httpsPattern = ',https'
const hstsPattern = ',hsts=[0-9]{1,9}(?:\\+sub)?(?:\\+preload)?'

/** Pattern of what follows the upstream in an entry. */
export const wordsPattern = `(?:${answerPattern})?(?:${httpsPattern})?(?:${hstsPattern})?`

const LONGEST_FILE_NAME = 255
const wholeHost = new RegExp(`^${hostNamePattern}$`)
const wholeEntry = new RegExp(`^${upstreamPattern}${wordsPattern}$`)

const isPort = (text: string): boolean => Number(/^[^:]*:([0-9]+)/.exec(text)?.[1]) <= 65_535

/** Whether the text can stand in the table. */
export const isEdgeEntry = (text: string): boolean =>
  text.length <= LONGEST_FILE_NAME && wholeEntry.test(text) && isPort(text)

const renderAnswer = (answer: EdgeEntry['answer']): string => {
  if (answer === 'serve') return ''
  return answer === 'suspended' ? ',suspended' : `,to=${answer.redirectTo}`
}

const renderHsts = ({ maxAge, includeSubdomains, preload }: Hsts): string =>
  `,hsts=${maxAge}${includeSubdomains ? '+sub' : ''}${preload ? '+preload' : ''}`

/** @throws RangeError when a part can't stand in the table: what a spec says was checked before. */
export const renderEdgeEntry = ({ upstream, answer, httpsOnly, hsts }: EdgeEntry): string => {
  const text = `${upstream}${renderAnswer(answer)}${httpsOnly ? ',https' : ''}${hsts === undefined ? '' : renderHsts(hsts)}`
  const isHostWhole = typeof answer === 'string' || wholeHost.test(answer.redirectTo)
  if (isHostWhole && isEdgeEntry(text)) return text
  throw new RangeError(`${JSON.stringify(text)} can't stand in the edge's table`)
}
