import { join } from 'node:path'
import { isSameIo } from '../../plan/io-limits.ts'
import { type IoLimits, UNLIMITED } from '../../plan/resources.ts'
import { readKernelFile, writeKernelFile } from './kernel-files.ts'

const parse = (value: string | undefined): number =>
  value === undefined || value === 'max' ? UNLIMITED : Number(value)

const format = (value: number): string => (value === UNLIMITED ? 'max' : `${value}`)

/**
 * What a group and all below it may do to a disk, `major:minor`. A disk without a limit has no line: kernel
 * documentation, admin-guide/cgroup-v2, "io.max".
 */
export const readIoV2 = (directory: string, disk: string): IoLimits => {
  const lines = (readKernelFile(join(directory, 'io.max')) ?? '').split('\n').map((line) => line.split(' '))
  const [, ...keys] = lines.find(([device]) => device === disk) ?? []
  const values = new Map(keys.map((key) => [key.slice(0, key.indexOf('=')), key.slice(key.indexOf('=') + 1)]))
  return {
    readBytes: parse(values.get('rbps')),
    writeBytes: parse(values.get('wbps')),
    readOperations: parse(values.get('riops')),
    writeOperations: parse(values.get('wiops')),
  }
}

export const writeIoV2 = (directory: string, disk: string, io: IoLimits): void => {
  if (isSameIo(readIoV2(directory, disk), io)) return
  const bytes = `rbps=${format(io.readBytes)} wbps=${format(io.writeBytes)}`
  const operations = `riops=${format(io.readOperations)} wiops=${format(io.writeOperations)}`
  writeKernelFile(join(directory, 'io.max'), `${disk} ${bytes} ${operations}`)
}
