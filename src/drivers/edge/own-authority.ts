import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RunProgram } from '../host/program.ts'

const DAYS = 90

export interface OwnAuthority {
  /** Root certificate and key of Caddy's internal authority, which has its own names below `localhost`. */
  readonly root: string
  readonly rootKey: string
  /** For root alone; what is in there is gone when a certificate is made. */
  readonly workDirectory: string
  readonly runProgram: RunProgram
}

/** Extensions as openssl-x509v3_config(5) has them; a host name that was checked can't say anything else in it. */
const extensions = (host: string): string =>
  [
    `subjectAltName=DNS:${host}`,
    'basicConstraints=critical,CA:FALSE',
    'keyUsage=critical,digitalSignature',
    'extendedKeyUsage=serverAuth',
    '',
  ].join('\n')

/** A pair of chain and key for the host, 90 days long, that the machine's own authority vouches for. */
export const issueByOwnAuthority = async (
  host: string,
  { root, rootKey, workDirectory, runProgram }: OwnAuthority,
): Promise<{ readonly chain: string; readonly key: string }> => {
  const directory = await mkdtemp(join(workDirectory, '.issue-'))
  const [key, request, options, chain] = ['key', 'request', 'options', 'chain'].map((name) => join(directory, name))
  if (!key || !request || !options || !chain) throw new Error('four names are four names')
  try {
    await writeFile(options, extensions(host), { mode: 0o600 })
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
    await runProgram('openssl', ['req', '-new', ...curve, '-subj', '/CN=Palisade', '-keyout', key, '-out', request])
    const authority = ['-CA', root, '-CAkey', rootKey, '-CAserial', join(directory, 'serial'), '-CAcreateserial']
    const wanted = ['-days', String(DAYS), '-sha256', '-extfile', options, '-out', chain]
    await runProgram('openssl', ['x509', '-req', '-in', request, ...authority, ...wanted])
    return { chain: await readFile(chain, 'utf8'), key: await readFile(key, 'utf8') }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
