import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Argv, CompletionCallback, Arguments as ParsedArguments } from 'yargs'
import { type Command, defineCommand, type GlobalOptions } from './command.ts'
import { EXIT } from './exit-codes.ts'
import { statePaths } from './state-paths.ts'
import { toStatusObject } from './status-object.ts'

interface CompletionOptions extends GlobalOptions {
  readonly shell: 'bash' | 'zsh' | undefined
}

/** The parser tells by `SHELL` whether descriptions are wanted, which zsh alone can show. */
const SCRIPTS: Readonly<Record<'bash' | 'zsh', string>> = {
  bash: `_palisade_completions() {
  local IFS=$'\\n'
  mapfile -t COMPREPLY < <(compgen -W "$(SHELL=bash palisade --get-yargs-completions "\${COMP_WORDS[@]}")" -- "\${COMP_WORDS[COMP_CWORD]}")
}
complete -o bashdefault -o default -F _palisade_completions palisade
`,
  zsh: `#compdef palisade
_palisade_completions() {
  local -a reply
  reply=("\${(@f)$(SHELL=zsh palisade --get-yargs-completions "\${words[@]}")}")
  _describe 'values' reply
}
compdef _palisade_completions palisade
`,
}

export const completionCommand: Command = defineCommand<CompletionOptions>({
  command: 'completion [shell]',
  describe: 'Print a completion script for bash or zsh: source <(palisade completion)',
  builder: (yargs) =>
    yargs
      .positional('shell', { choices: ['bash', 'zsh'] as const, describe: 'Which; else the one that SHELL names' })
      .example('$0 completion bash > /etc/bash_completion.d/palisade', 'for everybody'),
  handler: async ({ shell }, io) => {
    io.stdout.write(SCRIPTS[shell ?? (io.env.SHELL?.endsWith('zsh') ? 'zsh' : 'bash')])
    return EXIT.ok
  },
})

/** Never fails, for nobody would see it. */
const orNothing = (read: () => string[]): string[] => {
  try {
    return read()
  } catch {
    return []
  }
}

/** Those that have a status. */
const accountNames = (state: string): string[] => {
  const files = readdirSync(statePaths(state).accounts)
  return files.filter((file) => file.endsWith('.json')).map((file) => file.slice(0, -'.json'.length))
}

const objectOf = (state: string, account: string) =>
  toStatusObject(JSON.parse(readFileSync(join(statePaths(state).accounts, `${account}.json`), 'utf8')))

const serviceNames = (state: string, account: string): string[] => [
  ...new Set(objectOf(state, account)?.services.map(({ name }) => name) ?? []),
]

const jobSites = (state: string, account: string): string[] => [
  ...new Set(objectOf(state, account)?.jobs.map(({ site }) => site) ?? []),
]

const jobNames = (state: string, account: string, site: string): string[] =>
  objectOf(state, account)
    ?.jobs.filter((job) => job.site === site)
    .map(({ name }) => name) ?? []

const TAKES_SERVICE = new Set(['logs', 'exec', 'restart'])
const OTHERS = ['audit', 'get', 'describe', 'events', 'wait', 'plan', 'reconcile', 'rotate-password']
const TAKES_ACCOUNT = new Set([...TAKES_SERVICE, ...OTHERS])
const ACCOUNT = /^[a-z][a-z0-9-]*$/

/** `words` as typed so far, the program first and what is to be completed last. Pure but for the status files. */
const namesFor = (words: readonly string[], state: string): string[] => {
  const [, command = '', first = '', second = '', third = ''] = words
  if (command === 'jobs' && (first === 'run' || first === 'list')) {
    if (words.length <= 4) return accountNames(state)
    if (first === 'list' || !ACCOUNT.test(second)) return []
    return words.length === 5 ? jobSites(state, second) : words.length === 6 ? jobNames(state, second, third) : []
  }
  if (command === 'isolation') return first === 'verify' ? accountNames(state) : []
  if (TAKES_SERVICE.has(command) && words.length > 3) return ACCOUNT.test(first) ? serviceNames(state, first) : []
  return TAKES_ACCOUNT.has(command) ? accountNames(state) : []
}

/** No word that anybody would write: the parser's own command for the script would take any argument for its name. */
const HIDDEN = '--palisade-completion-script'

/** Completes names of accounts, services and jobs beside what the parser knows. */
export const withCompletion = (parser: Argv<GlobalOptions>): Argv<GlobalOptions> =>
  parser.completion(
    HIDDEN,
    false,
    (
      _current: string,
      argv: ParsedArguments,
      filter: (onCompleted: CompletionCallback) => unknown,
      done: (completions: string[]) => unknown,
    ) =>
      filter((_error, completions = []) => {
        const { state } = argv
        const names = typeof state === 'string' ? orNothing(() => namesFor(argv._.map(String), state)) : []
        done([...names, ...completions])
      }),
  )
