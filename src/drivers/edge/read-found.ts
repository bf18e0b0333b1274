import { Ajv } from 'ajv/dist/jtd.js'
import type { ObservedCertificate } from '../../plan/certificates.ts'

// JSON Type Definition, RFC 8927.
const TEXT = { type: 'string' }
const RECORDS = { elements: TEXT }

const FOUND = {
  properties: {
    mode: { enum: ['acme', 'internal', 'custom', 'none'] },
    state: { enum: ['valid', 'pending', 'expired'] },
    issuer: TEXT,
    validFrom: TEXT,
    expires: TEXT,
    reason: TEXT,
    message: TEXT,
    failures: { type: 'uint32' },
    notBefore: TEXT,
  },
  optionalProperties: {
    dns: { properties: { resolves: { type: 'boolean' }, missing: RECORDS, foreign: RECORDS } },
    lastAnswer: { properties: { status: { type: 'uint16' }, since: TEXT } },
  },
}

const isFound = new Ajv().compile<ObservedCertificate>(FOUND)

/** What was noted of a host; undefined when the file says something else: it is found out anew then. */
export const readFound = (text: string): ObservedCertificate | undefined => {
  try {
    const found: unknown = JSON.parse(text)
    return isFound(found) ? found : undefined
  } catch {
    return undefined
  }
}
