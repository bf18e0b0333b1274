import { X509Certificate } from 'node:crypto'
import { chmod, chown, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { HostSettings } from '../../plan/settings.ts'
import type { Certificates } from '../../ports/certificates.ts'
import { TerminalError } from '../../ports/errors.ts'
import type { Clock } from '../../ports/store.ts'
import type { RunProgram } from '../host/program.ts'
import { undefinedIfMissing } from '../system-error.ts'
import { writeFileAtomically } from '../write-file-atomically.ts'
import { caddyLayout } from './caddy-layout.ts'
import { certificateLayout } from './certificate-layout.ts'
import { checkCertificate } from './check-certificate.ts'
import { lastIssuingFailure } from './issuing-failures.ts'
import { isHostName } from './names.ts'
import { issueByOwnAuthority } from './own-authority.ts'
import { readFound } from './read-found.ts'
import { answerOf, askEdge } from './served-certificate.ts'

export interface CertificatesOptions {
  readonly settings: HostSettings
  readonly runProgram: RunProgram
  readonly clock: Clock
}

/** A chain or a key is a few kilobytes. */
const LONGEST_FILE = 256 * 1024
/** A certificate of our own is replaced when less than this is left of it. */
const RENEW_MS = 30 * 24 * 3_600_000

const readPem = async (path: string): Promise<string> => {
  try {
    const { size } = await stat(path)
    if (size <= LONGEST_FILE) return await readFile(path, 'utf8')
  } catch (cause) {
    throw new TerminalError('CertificateInvalid', `${path} can't be read`, { cause })
  }
  throw new TerminalError('CertificateInvalid', `${path} is too large for a certificate`)
}

const fingerprintOf = (pem: string): string => new X509Certificate(pem).fingerprint256

/** Certificates of the edge, as Caddy reads them: see `caddy-ask`. */
export const edgeCertificates = ({ settings, runProgram, clock }: CertificatesOptions): Certificates => {
  const layout = certificateLayout(settings)
  const caddy = caddyLayout(settings)
  const authority = {
    root: caddy.internalRoot,
    rootKey: join(dirname(caddy.internalRoot), 'root.key'),
    workDirectory: layout.directory,
    runProgram,
  }

  const place = (directory: string, host: string, suffix: string): string => {
    if (isHostName(host)) return join(directory, `${host}${suffix}`)
    throw new TerminalError('InvalidRoute', `${JSON.stringify(host.slice(0, 300))} is not a host name in lower case`)
  }
  const installed = (host: string): string => place(layout.installed, host, '.pem')
  const found = (host: string): string => place(layout.found, host, '.json')

  /** Readable for Caddy's group, which the directory has. */
  const put = async (host: string, pem: string): Promise<string> => {
    const path = installed(host)
    if ((await readFile(path, 'utf8').catch(undefinedIfMissing)) === pem) return fingerprintOf(pem)
    await mkdir(layout.installed, { recursive: true, mode: 0o750 })
    const { gid } = await stat(layout.installed)
    const unfinished = place(layout.installed, host, '.unfinished')
    await writeFile(unfinished, pem, { mode: 0o600 })
    await chown(unfinished, 0, gid)
    await chmod(unfinished, 0o640)
    await rename(unfinished, path)
    return fingerprintOf(pem)
  }

  /** The one that stands, while it is good for long enough. */
  const standing = async (host: string): Promise<string | undefined> => {
    const pem = await readFile(installed(host), 'utf8').catch(undefinedIfMissing)
    if (pem === undefined) return undefined
    const { issuer, validTo, fingerprint256 } = new X509Certificate(pem)
    const root = new X509Certificate(await readFile(authority.root, 'utf8'))
    return issuer === root.subject && Date.parse(validTo) - clock.now() > RENEW_MS ? fingerprint256 : undefined
  }

  return {
    async observe(hosts) {
      const seen = await Promise.all(
        hosts.map(async (host) => {
          const text = await readFile(found(host), 'utf8').catch(undefinedIfMissing)
          const known = text === undefined ? undefined : readFound(text)
          return known === undefined ? [] : [[host, known] as const]
        }),
      )
      return new Map(seen.flat())
    },
    async note(host, known) {
      await mkdir(layout.found, { recursive: true, mode: 0o755 })
      await writeFileAtomically(found(host), `${JSON.stringify(known)}\n`, 0o644)
    },
    async permit(host) {
      await mkdir(layout.permitted, { recursive: true, mode: 0o755 })
      await writeFile(place(layout.permitted, host, ''), '', { mode: 0o644 })
    },
    forbid: (host) => rm(place(layout.permitted, host, ''), { force: true }),
    install: async (host, { chain, key }) =>
      put(host, checkCertificate(host, { chain: await readPem(chain), key: await readPem(key) }, clock.now())),
    async issue(host) {
      const kept = await standing(host)
      if (kept !== undefined) return kept
      const made = await issueByOwnAuthority(host, authority)
      return put(host, checkCertificate(host, made, clock.now()))
    },
    uninstall: (host) => rm(installed(host), { force: true }),
    ask: (host) => askEdge(settings.httpsPort, host),
    lastFailure: (host) => lastIssuingFailure(caddy.log, host),
    async forgetAccount() {
      // Of each authority a directory, and in it one with its accounts.
      const authorities = join(caddy.storage, 'acme')
      for (const name of (await readdir(authorities).catch(undefinedIfMissing)) ?? []) {
        await rm(join(authorities, name, 'users'), { recursive: true, force: true })
      }
    },
    answer: (host) => answerOf(settings.httpPort, host),
    async drop(host) {
      for (const path of [place(layout.permitted, host, ''), installed(host), found(host)])
        await rm(path, { force: true })
    },
  }
}
