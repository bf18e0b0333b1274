const WHOLE = 2 ** 32
const HALF = 2 ** 31

/** RFC 1982 section 3.2: serials go round. */
export const isLater = (serial: number, than: number): boolean => {
  const distance = (((serial - than) % WHOLE) + WHOLE) % WHOLE
  return distance > 0 && distance < HALF
}

/** `YYYYMMDD00` of a time in milliseconds since the epoch, RFC 1912 section 2.2. */
const ofDay = (now: number): number => Number(new Date(now).toISOString().slice(0, 10).replaceAll('-', '')) * 100

/**
 * The serial after all of `former`: that of the day, unless the clock was set back, a hundred changes were made in a day, or
 * somebody wrote a higher one. Never 0, which some servers take for none.
 */
export const nextSerial = (former: readonly number[], now: number): number =>
  former.reduce((serial, known) => {
    if (isLater(serial, known)) return serial
    return known + 1 === WHOLE ? 1 : known + 1
  }, ofDay(now))
