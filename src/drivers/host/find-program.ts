import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'
import { PROGRAM_ENVIRONMENT } from './program.ts'

const isExecutable = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Path of a program that the operator and the engines would run by that name; undefined when there is none. */
export const findProgram = (name: string): string | undefined =>
  (PROGRAM_ENVIRONMENT.PATH ?? '')
    .split(':')
    .map((directory) => join(directory, name))
    .find(isExecutable)
