import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RunProgram } from '../../src/drivers/host/program.ts'

const FILES = ['passwd', 'group', 'shadow', 'subuid', 'subgid'] as const
type File = (typeof FILES)[number]

/** The programs of Debian's `passwd`, as far as drivers call them, on account files in a directory. */
export const shadowTools = (directory: string) => {
  const read = (file: File): string[] =>
    readFileSync(join(directory, file), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
  const write = (file: File, lines: readonly string[]): void =>
    writeFileSync(join(directory, file), lines.map((line) => `${line}\n`).join(''))
  const append = (file: File, line: string): void => write(file, [...read(file), line])
  const remove = (file: File, name: string): void =>
    write(
      file,
      read(file).filter((line) => !line.startsWith(`${name}:`)),
    )
  /** Puts `values` into the fields of the one line of `name`. */
  const edit = (file: File, name: string, values: Readonly<Record<number, string | undefined>>): void =>
    write(
      file,
      read(file).map((line) =>
        line.startsWith(`${name}:`)
          ? line
              .split(':')
              .map((field, at) => values[at] ?? field)
              .join(':')
          : line,
      ),
    )
  const editRanges = (file: File, name: string, remove: string | undefined, add: string | undefined): void => {
    const lineOf = (range: string): string => {
      const [first, last] = range.split('-').map(Number)
      return `${name}:${first}:${(last ?? 0) - (first ?? 0) + 1}`
    }
    if (remove !== undefined)
      write(
        file,
        read(file).filter((line) => line !== lineOf(remove)),
      )
    if (add !== undefined) append(file, lineOf(add))
  }

  const programs: Readonly<Record<string, (name: string, option: (name: string) => string | undefined) => void>> = {
    groupadd: (name, option) => append('group', `${name}:x:${option('gid')}:`),
    groupmod: (name, option) => edit('group', name, { 2: option('gid') }),
    groupdel: (name) => remove('group', name),
    useradd(name, option) {
      const [uid, gid] = [option('uid'), option('gid')]
      append('passwd', `${name}:x:${uid}:${gid}:${option('comment')}:${option('home-dir')}:${option('shell')}`)
      append('shadow', `${name}:!:20000::::::`)
    },
    usermod(name, option) {
      edit('passwd', name, { 2: option('uid'), 3: option('gid'), 5: option('home'), 6: option('shell') })
      edit('shadow', name, { 1: option('password') })
      editRanges('subuid', name, option('del-subuids'), option('add-subuids'))
      editRanges('subgid', name, option('del-subgids'), option('add-subgids'))
    },
    userdel(name) {
      for (const file of FILES) remove(file, name)
    },
  }

  for (const file of FILES) write(file, [])

  const runProgram: RunProgram = async (file, args) => {
    const option = (wanted: string): string | undefined => {
      const at = args.indexOf(`--${wanted}`)
      return at < 0 ? undefined : args[at + 1]
    }
    const program = programs[file]
    if (program === undefined) throw new Error(`there is no ${file} here`)
    program(args.at(-1) ?? '', option)
    return ''
  }
  return { runProgram, read, append }
}
