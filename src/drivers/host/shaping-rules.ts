/** How traffic is held to a rate, in the words of tc(8). Pure. */

/** Bucket of tc-tbf(8): what may pass at once after a rest, and makes up for a processor that was busy elsewhere. */
const BURST_SECONDS = 0.02
/** More than ten packets of Ethernet's size. */
const LEAST_BURST_BYTES = 16 * 1024
/** The longest that a packet waits in the queue; what comes on top is dropped. Senders of TCP slow down by it. */
const LATENCY_MS = 50
const BITS = 8

/** The shape that a rate in bits per second is given: bytes, and microseconds, as `tc -json` prints them. */
export interface Shape {
  /** Bytes per second. */
  readonly rate: number
  readonly burst: number
  readonly lat: number
}

export const shapeOf = (bitsPerSecond: number): Shape => {
  const rate = Math.floor(bitsPerSecond / BITS)
  const burst = Math.max(LEAST_BURST_BYTES, Math.round(rate * BURST_SECONDS))
  return { rate, burst, lat: LATENCY_MS * 1000 }
}

/** The kernel counts in ticks of 64 ns, so sizes and times come back a little other than they were set. */
const isNear = (seen: number, wanted: number): boolean => Math.abs(seen - wanted) <= wanted * 0.01

/** The rate in bits per second when the shape is one that we would give it; undefined when somebody changed it. */
export const rateOf = ({ rate, burst, lat }: Shape): number | undefined => {
  const wanted = shapeOf(rate * BITS)
  return isNear(burst, wanted.burst) && isNear(lat, wanted.lat) ? rate * BITS : undefined
}

/** Sets or changes the rate at which an interface sends; a change drops no packet that waits. */
export const shapeLine = (name: string, bitsPerSecond: number): string => {
  const { rate, burst } = shapeOf(bitsPerSecond)
  return `qdisc replace dev ${name} root handle 1: tbf rate ${rate * BITS}bit burst ${burst}b latency ${LATENCY_MS}ms`
}

/** Hands all that arrives at `name`, of every protocol, to another interface, which gives it back when it is time. */
export const redirectLines = (name: string, to: string): readonly string[] => [
  `qdisc add dev ${name} ingress`,
  `filter add dev ${name} ingress protocol all prio 1 u32 match u32 0 0 action mirred egress redirect dev ${to}`,
]
