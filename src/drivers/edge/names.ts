// Letters, digits and hyphens (RFC 1123, section 2.1). No character in here means anything to a path or to a glob, so
// what this matches can be looked up in the table as it is.
const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'

/** Pattern of a host name in lower case; reads the same in JavaScript and in Go. */
export const hostNamePattern = `(?:${label}\\.)*${label}`

const octet = '(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])'

/** Pattern of `address:port` with an IPv4 address; reads the same in JavaScript and in Go. */
export const upstreamPattern = `${octet}(?:\\.${octet}){3}:[1-9][0-9]{0,4}`

const wholeHostName = new RegExp(`^${hostNamePattern}$`)
const wholeUpstream = new RegExp(`^${upstreamPattern}$`)

/** A host name that can stand in the edge's table: at most 253 characters, in lower case, no dot at the end. */
export const isHostName = (text: string): boolean => text.length <= 253 && wholeHostName.test(text)

/** The only thing that an entry of the edge's table can be. */
export const isUpstream = (text: string): boolean =>
  text.length <= 21 && wholeUpstream.test(text) && Number(text.slice(text.indexOf(':') + 1)) <= 65_535
