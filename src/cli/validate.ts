import { formatProblem, type SpecProblem } from '../api/problem.ts'
import type { CheckedSpecs } from './check-specs.ts'
import { type Command, defineCommand, type GlobalOptions } from './command.ts'
import { EXIT } from './exit-codes.ts'
import { formatData, isData } from './format-data.ts'
import { type Paint, paintFor, printable } from './paint.ts'

interface ValidateOptions extends GlobalOptions {
  readonly paths: readonly string[]
}

const formatLine = (problem: SpecProblem, paint: Paint): string =>
  `${printable(formatProblem(problem))} ${paint('dim', `[${problem.reason}]`)}\n`

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`

const summary = ({ accounts, problems }: CheckedSpecs, paint: Paint): string => {
  const valid = count(accounts.length, 'account')
  if (problems.length === 0) return `${valid}, ${paint('good', 'all valid')}\n`
  return `${paint('bad', count(problems.length, 'problem'))}; ${valid} ${accounts.length === 1 ? 'is' : 'are'} valid\n`
}

export const validateCommand: Command = defineCommand<ValidateOptions>({
  command: 'validate [paths..]',
  describe: 'Check spec files, without the daemon',
  builder: (yargs) =>
    yargs
      .positional('paths', { type: 'string', array: true, default: [], describe: 'Files or directories; else --specs' })
      .example('$0 validate', 'all that the daemon reads')
      .example('$0 validate alice.yaml', 'one file, among those beside it')
      .example('$0 validate . -o json', 'for a commit hook'),
  handler: async ({ paths, specs, output, color }, io) => {
    // Only here: compiling schemas is not for every start.
    const { checkSpecs } = await import('./check-specs.ts')
    const checked = await checkSpecs(paths.length > 0 ? paths : [specs], specs)
    const paint = paintFor({ color }, io)
    if (isData(output)) io.stdout.write(formatData(output, { valid: checked.problems.length === 0, ...checked }))
    else {
      io.stdout.write(checked.problems.map((problem) => formatLine(problem, paint)).join(''))
      io.stderr.write(summary(checked, paint))
    }
    return checked.problems.length === 0 ? EXIT.ok : EXIT.failed
  },
})
