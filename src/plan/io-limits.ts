import { type IoLimits, UNLIMITED } from './resources.ts'

export const NO_IO_LIMITS: IoLimits = {
  readBytes: UNLIMITED,
  writeBytes: UNLIMITED,
  readOperations: UNLIMITED,
  writeOperations: UNLIMITED,
}

export const isSameIo = (one: IoLimits, other: IoLimits): boolean =>
  one.readBytes === other.readBytes &&
  one.writeBytes === other.writeBytes &&
  one.readOperations === other.readOperations &&
  one.writeOperations === other.writeOperations

export const isIoLimited = (io: IoLimits): boolean => !isSameIo(io, NO_IO_LIMITS)

const rate = (value: number): string => (value === UNLIMITED ? 'any' : `${value}`)

/** In words, for causes of steps. */
export const describeIo = ({ readBytes, writeBytes, readOperations, writeOperations }: IoLimits): string =>
  `${rate(readBytes)} bytes read, ${rate(writeBytes)} written, ${rate(readOperations)} reads, ${rate(writeOperations)} writes a second`
