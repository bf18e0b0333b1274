/** Types of records that a zone may hold. `SOA` and the zone's own `NS` are made here. */
export const RECORD_TYPES = [
  'A',
  'AAAA',
  'CAA',
  'CNAME',
  'HTTPS',
  'MX',
  'NAPTR',
  'NS',
  'PTR',
  'SRV',
  'SSHFP',
  'SVCB',
  'TLSA',
  'TXT',
] as const

export type RecordType = (typeof RECORD_TYPES)[number]

/** Part of an `SVCB` or `HTTPS` record: RFC 9460, section 7. */
export type ServiceParameter =
  | { readonly key: 'mandatory' | 'alpn' | 'ipv4hint' | 'ipv6hint'; readonly values: readonly string[] }
  | { readonly key: 'no-default-alpn' }
  | { readonly key: 'port'; readonly port: number }
  /** Base64. */
  | { readonly key: 'ech'; readonly config: string }

/**
 * What a record says, by its type. Names are absolute, in lower case and without the last dot; the root is empty.
 * Numbers are within the range of their field, hexadecimal digits are in lower case.
 */
export type RecordData =
  | { readonly type: 'A' | 'AAAA'; readonly address: string }
  | { readonly type: 'CNAME' | 'NS' | 'PTR'; readonly target: string }
  | { readonly type: 'MX'; readonly preference: number; readonly target: string }
  /** RFC 1035, section 3.3.14: strings of any length; the writer cuts them into pieces of 255 bytes. */
  | { readonly type: 'TXT'; readonly texts: readonly string[] }
  /** RFC 2782. */
  | {
      readonly type: 'SRV'
      readonly priority: number
      readonly weight: number
      readonly port: number
      readonly target: string
    }
  /** RFC 8659. */
  | { readonly type: 'CAA'; readonly flags: number; readonly tag: string; readonly value: string }
  /** RFC 4255; `hash` is the type of the fingerprint. */
  | { readonly type: 'SSHFP'; readonly algorithm: number; readonly hash: number; readonly fingerprint: string }
  /** RFC 6698. */
  | {
      readonly type: 'TLSA'
      readonly usage: number
      readonly selector: number
      readonly matching: number
      readonly association: string
    }
  /** RFC 3403. */
  | {
      readonly type: 'NAPTR'
      readonly order: number
      readonly preference: number
      readonly flags: string
      readonly services: string
      readonly regexp: string
      readonly replacement: string
    }
  /** RFC 9460. */
  | {
      readonly type: 'SVCB' | 'HTTPS'
      readonly priority: number
      readonly target: string
      readonly parameters: readonly ServiceParameter[]
    }
