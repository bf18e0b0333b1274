import { CliError, EXIT, Interrupted } from './exit-codes.ts'
import type { Io } from './io.ts'
import { type Arguments, parseArguments } from './parse-arguments.ts'

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** An error as the command's end: its message on the error output, and the exit code. */
const report = (error: unknown, { signal, stderr }: Io): number => {
  if (signal.aborted && signal.reason instanceof Interrupted) return signal.reason.exitCode
  stderr.write(`palisade: ${messageOf(error)}\n`)
  return error instanceof CliError ? error.exitCode : EXIT.failed
}

/** Does what the arguments ask for, and answers the exit code. Never throws. */
export const runCommandLine = async (args: Arguments, io: Io): Promise<number> => {
  try {
    const parsed = await parseArguments(args, io)
    if ('chosen' in parsed) return await parsed.chosen(io)
    io.stdout.write(`${parsed.text.trimEnd()}\n`)
    return EXIT.ok
  } catch (error) {
    return report(error, io)
  }
}
