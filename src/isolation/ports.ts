import type { Answer, Attempt, Position, Witnessed } from './probe.ts'

/** What came of attempts made at one time, in their order. */
export interface Attempted {
  readonly answers: readonly Answer[]
  /** What the engine kept of the attacker's output; 0 where it runs in no container. */
  readonly keptLogBytes: number
}

/**
 * Makes attempts from inside a tenant.
 * @throws Error that tells why nothing could be tried from there.
 */
export type Attacking = (
  position: Exclude<Position, 'host'>,
  attempts: readonly Attempt[],
  signal: AbortSignal,
) => Promise<Attempted>

/** Packets of the attacker: `sent` when they came to the host, the others behind the host's packet rules. */
export type WitnessedPackets = Readonly<Record<'sent' | Witnessed, number>>

/** Counts while something is done. */
export type Witness = (work: () => Promise<void>) => Promise<WitnessedPackets>

/** How the neighbour's page came, in milliseconds, while something was done. */
export interface Latency {
  readonly p99Ms: number
  readonly asked: number
  readonly unanswered: number
}

/** Asks for the neighbour's page at a steady rate while something is done. */
export type LatencyMeter = (work: () => Promise<void>) => Promise<Latency>
