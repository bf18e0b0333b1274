import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'

/** A key that signs a zone's keys, as its DNSKEY record has it. */
export interface SigningKey {
  readonly flags: number
  readonly protocol: number
  readonly algorithm: number
  /** Base64. */
  readonly publicKey: string
}

const rdata = ({ flags, protocol, algorithm, publicKey }: SigningKey): Buffer =>
  Buffer.concat([Buffer.from([flags >> 8, flags & 0xff, protocol, algorithm]), Buffer.from(publicKey, 'base64')])

/** RFC 4034, appendix B. */
const keyTag = (data: Buffer): number => {
  const sum = data.reduce((total, byte, index) => total + (index % 2 === 0 ? byte << 8 : byte), 0)
  return (sum + (sum >>> 16)) & 0xffff
}

/** A name as it travels: each label after its length. */
const wireName = (name: string): Buffer =>
  Buffer.concat([
    ...name.split('.').map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label, 'ascii')])),
    Buffer.from([0]),
  ])

/** The value of the DS record that the parent zone has to hold, with SHA-256: RFC 4034 section 5, RFC 4509. */
export const delegationSigner = (zone: string, key: SigningKey): string => {
  const data = rdata(key)
  const digest = createHash('sha256').update(wireName(zone)).update(data).digest('hex').toUpperCase()
  return `${keyTag(data)} ${key.algorithm} 2 ${digest}`
}
