import { Ajv } from 'ajv/dist/jtd.js'
import { RECORD_TYPES } from '../api/records/record-data.ts'
import type { ResolvedAccount } from './resolved-account.ts'

// JSON Type Definition, RFC 8927.
const TEXT = { type: 'string' }
const NUMBER = { type: 'float64' }
const FLAG = { type: 'boolean' }
const list = (elements: object) => ({ elements })

const IMAGE = {
  properties: {
    name: TEXT,
    sources: list({
      discriminator: 'from',
      mapping: { recipe: { properties: { recipe: TEXT } }, registry: { properties: { reference: TEXT } } },
    }),
  },
}

const SERVICE = { kind: TEXT, version: TEXT, image: IMAGE }

const CACHE = { properties: { ...SERVICE, memoryBytes: NUMBER } }

const RUNTIME = {
  properties: { ...SERVICE, entry: TEXT, interface: { enum: ['wsgi', 'asgi'] }, ini: { values: {} } },
}

const JOB = { properties: { name: TEXT, schedule: TEXT, timeZone: TEXT, command: list(TEXT), timeoutMs: NUMBER } }

const SITE = {
  properties: {
    domain: TEXT,
    aliases: list(TEXT),
    redirectAliases: FLAG,
    suspended: FLAG,
    tls: {
      properties: { mode: { enum: ['default', 'acme', 'internal', 'custom', 'none'] } },
      optionalProperties: {
        redirect: FLAG,
        certificate: { properties: { chain: TEXT, key: TEXT } },
        hsts: { properties: { maxAge: NUMBER, includeSubdomains: FLAG, preload: FLAG } },
      },
    },
    documentRoot: TEXT,
    runtime: {},
    memoryBytes: NUMBER,
    index: list(TEXT),
    uploadBytes: NUMBER,
    redirects: list({ properties: { from: TEXT, to: TEXT, status: { type: 'uint16' } } }),
    headers: list({ properties: { name: TEXT, value: TEXT } }),
    environment: list({ properties: { name: TEXT, value: TEXT } }),
    caches: list(TEXT),
    healthPath: TEXT,
    jobs: list(JOB),
  },
  optionalProperties: { seed: TEXT },
}

const ZONE = {
  properties: {
    name: TEXT,
    records: list({
      properties: { name: TEXT, type: { enum: [...RECORD_TYPES] }, value: TEXT },
      optionalProperties: { ttl: NUMBER },
    }),
  },
  optionalProperties: { ttl: NUMBER, dnssec: { type: 'boolean' } },
}

const ACCOUNT = {
  properties: {
    name: TEXT,
    limits: {
      properties: {
        cpuMillis: NUMBER,
        memoryBytes: NUMBER,
        pids: NUMBER,
      },
    },
    io: { properties: { readBytes: NUMBER, writeBytes: NUMBER, readOperations: NUMBER, writeOperations: NUMBER } },
    storage: { properties: { bytes: NUMBER, inodes: NUMBER } },
    bandwidth: { properties: { in: NUMBER, out: NUMBER } },
    outbound: { properties: { internet: FLAG, smtp: FLAG, hostedSites: FLAG, privateRanges: list(TEXT) } },
    web: { properties: SERVICE },
    sites: list(SITE),
    databases: list({
      properties: { ...SERVICE, memoryBytes: NUMBER, schemas: list({ properties: { name: TEXT, owner: TEXT } }) },
    }),
    caches: list(CACHE),
    tools: list({ properties: { ...SERVICE, domain: TEXT, subject: TEXT } }),
    runtime: { enum: ['runc', 'gvisor'] },
    zones: list(ZONE),
    removedData: { enum: ['retain', 'delete'] },
    suspended: FLAG,
  },
  optionalProperties: { httpCache: CACHE },
}

const ajv = new Ajv()
const isAccount = ajv.compile<ResolvedAccount>(ACCOUNT)
const isRuntime = ajv.compile(RUNTIME)

/** True for what a record of this version holds: records are read back from disk. */
export const isResolvedAccount = (value: unknown): value is ResolvedAccount =>
  isAccount(value) && value.sites.every(({ runtime }) => runtime === 'static' || isRuntime(runtime))
