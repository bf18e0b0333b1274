import type { CertificateFiles, ObservedCertificate } from '../plan/certificates.ts'

/** What a handshake for a host was answered with. */
export interface ServedCertificate {
  /** Common name or organisation of who issued it. */
  readonly issuer: string
  /** Milliseconds since the epoch. */
  readonly validFrom: number
  readonly validTo: number
  /** SHA-256 of the whole certificate. */
  readonly fingerprint: string
}

/**
 * Certificates of the edge, by host. What it may have, and what was found out, stands on the disk: the edge goes on by it while the
 * operator is away. Called for a host by one caller at a time.
 */
export interface Certificates {
  /** What was noted of the hosts; those that nothing was noted of are left out. */
  observe(hosts: readonly string[]): Promise<ReadonlyMap<string, ObservedCertificate>>
  note(host: string, found: ObservedCertificate): Promise<void>
  /** From now on the edge orders a certificate when it has none, and renews it in time. */
  permit(host: string): Promise<void>
  /** It orders none any more; one that it has is served until it expires. */
  forbid(host: string): Promise<void>
  /**
   * Has the files' certificate served; answers its fingerprint.
   * @throws TerminalError `CertificateInvalid` when it can't be used for the host: what was installed before goes on.
   */
  install(host: string, files: CertificateFiles): Promise<string>
  /**
   * Has a certificate of this machine's own authority served, a new one when the former is about to expire; answers its
   * fingerprint.
   */
  issue(host: string): Promise<string>
  /** What is served by {@link install} or {@link issue} is served no more. */
  uninstall(host: string): Promise<void>
  /** Makes a handshake with the edge, which orders what it may; `none` when it has nothing to show in time. */
  ask(host: string): Promise<'none' | ServedCertificate>
  /** Why the edge got no certificate, in the authority's words; empty when nothing is known. */
  lastFailure(host: string): Promise<string>
  /** The authority does not want the account that the edge has with it: the next order registers another one. */
  forgetAccount(): Promise<void>
  /** Status of the edge's answer over HTTP to a request for the host's first page; 0 when there is none. */
  answer(host: string): Promise<number>
  /** Leaves nothing of it, whatever was done. */
  drop(host: string): Promise<void>
}

/** What the world's name servers say. */
export interface Names {
  /** Public addresses of this machine. */
  addresses(): Promise<readonly string[]>
  /** IPv4 and IPv6; empty when the name does not exist. @throws Error when nobody answers. */
  resolve(host: string): Promise<readonly string[]>
}
