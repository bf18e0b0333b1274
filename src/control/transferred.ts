import type { Traffic } from '../plan/resources.ts'

/**
 * The status tells whole GiB, so that it changes as seldom as something is to be said: a status holds nothing that
 * changes by itself (decision 7).
 */
const GRAIN = 2 ** 30

/** Bytes through the NICs that an account has had, those of the present one included. */
export interface TransferredStatus {
  /** Toward the tenant, rounded down to whole GiB, as is {@link out}. */
  readonly in: number
  readonly out: number
  /** What had gone through former NICs when the present one was first seen. */
  readonly before: Traffic
}

const isTraffic = (value: unknown): value is Traffic =>
  typeof value === 'object' &&
  value !== null &&
  ['nic', 'in', 'out'].every((name) => Number.isSafeInteger(Reflect.get(value, name)))

const isTransferred = (value: unknown): value is TransferredStatus =>
  typeof value === 'object' &&
  value !== null &&
  ['in', 'out'].every((name) => Number.isSafeInteger(Reflect.get(value, name))) &&
  'before' in value &&
  isTraffic(value.before)

/** What a status that was read back from disk tells. */
export const transferredOf = (object: unknown): TransferredStatus | undefined => {
  const status: unknown = typeof object === 'object' && object !== null ? Reflect.get(object, 'status') : undefined
  const told: unknown = typeof status === 'object' && status !== null ? Reflect.get(status, 'transferred') : undefined
  return isTransferred(told) ? told : undefined
}

/** A NIC that counts from a lower sum than was told is another one that got the same number, as after a reboot. */
const isContinued = ({ in: inward, out, before }: TransferredStatus, seen: Traffic): boolean =>
  before.nic === seen.nic && before.in + seen.in >= inward && before.out + seen.out >= out

const whole = (bytes: number): number => bytes - (bytes % GRAIN)

/** Less than one GiB each way is forgotten with a NIC that goes. */
export const transferredStatus = (
  former: TransferredStatus | undefined,
  seen: 'unknown' | Traffic,
): TransferredStatus | undefined => {
  if (seen === 'unknown') return former
  const { nic } = seen
  const first = former === undefined ? { nic, in: 0, out: 0 } : { nic, in: former.in, out: former.out }
  const before = former !== undefined && isContinued(former, seen) ? former.before : first
  return { in: whole(before.in + seen.in), out: whole(before.out + seen.out), before }
}
