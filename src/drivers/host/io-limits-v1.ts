import { join } from 'node:path'
import { type IoLimits, UNLIMITED } from '../../plan/resources.ts'
import { readKernelFile, writeKernelFile } from './kernel-files.ts'

/** Kernel documentation, admin-guide/cgroup-v1/blkio-controller, "Throttling/Upper limit policy files". */
const FILES: { readonly [L in keyof IoLimits]: string } = {
  readBytes: 'blkio.throttle.read_bps_device',
  writeBytes: 'blkio.throttle.write_bps_device',
  readOperations: 'blkio.throttle.read_iops_device',
  writeOperations: 'blkio.throttle.write_iops_device',
}

/** Zero takes a limit away; a disk without one has no line. */
const NONE = 0

const readOne = (path: string, disk: string): number => {
  const lines = (readKernelFile(path) ?? '').split('\n').map((line) => line.split(' '))
  const [, value] = lines.find(([device]) => device === disk) ?? []
  return value === undefined ? UNLIMITED : Number(value)
}

/** What a group may do to a disk, `major:minor`. Does not hold for groups below it. */
export const readIoV1 = (directory: string, disk: string): IoLimits => ({
  readBytes: readOne(join(directory, FILES.readBytes), disk),
  writeBytes: readOne(join(directory, FILES.writeBytes), disk),
  readOperations: readOne(join(directory, FILES.readOperations), disk),
  writeOperations: readOne(join(directory, FILES.writeOperations), disk),
})

const writeOne = (path: string, disk: string, value: number): void => {
  if (readOne(path, disk) !== value) writeKernelFile(path, `${disk} ${value === UNLIMITED ? NONE : value}`)
}

export const writeIoV1 = (directory: string, disk: string, io: IoLimits): void => {
  writeOne(join(directory, FILES.readBytes), disk, io.readBytes)
  writeOne(join(directory, FILES.writeBytes), disk, io.writeBytes)
  writeOne(join(directory, FILES.readOperations), disk, io.readOperations)
  writeOne(join(directory, FILES.writeOperations), disk, io.writeOperations)
}
