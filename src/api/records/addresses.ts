import { isIPv4, isIPv6 } from 'node:net'
import { quoted } from '../problem.ts'
import { RecordError } from './record-error.ts'

/** @throws RecordError */
export const readIpv4 = (text: string): string => {
  if (isIPv4(text)) return text
  throw new RecordError(`${quoted(text)} is no IPv4 address such as 203.0.113.7`)
}

/** In the form of RFC 5952. @throws RecordError */
export const readIpv6 = (text: string): string => {
  if (isIPv6(text) && !text.includes('%')) return new URL(`http://[${text}]/`).hostname.slice(1, -1)
  throw new RecordError(`${quoted(text)} is no IPv6 address such as 2001:db8::7`)
}
