import { withoutSequences } from '../control/job-status.ts'
import type { GlobalOptions } from './command.ts'
import type { Io } from './io.ts'

type ServiceTone = 'service1' | 'service2' | 'service3' | 'service4' | 'service5' | 'service6'

export type Tone = 'good' | 'bad' | 'warn' | 'dim' | 'plain' | ServiceTone

/** Colours a text, or leaves it as it is. */
export type Paint = (tone: Tone, text: string) => string

/** SGR parameters of ECMA-48. */
const CODES: Readonly<Record<Exclude<Tone, 'plain'>, number>> = {
  good: 32,
  bad: 31,
  warn: 33,
  dim: 2,
  service1: 36,
  service2: 33,
  service3: 32,
  service4: 35,
  service5: 34,
  service6: 31,
}

const plain: Paint = (_tone, text) => text

const coloured: Paint = (tone, text) =>
  tone === 'plain' || text === '' ? text : `\u001b[${CODES[tone]}m${text}\u001b[0m`

/** Colours on a terminal only, unless asked for or forbidden; see no-color.org. */
export const paintFor = (
  { color }: Pick<GlobalOptions, 'color'>,
  { stdout, env }: Pick<Io, 'stdout' | 'env'>,
): Paint => {
  if (color !== undefined) return color ? coloured : plain
  return stdout.isTTY === true && !env.NO_COLOR ? coloured : plain
}

/** On one line, without characters that a terminal would obey: texts come from services and from users. */
export const printable = (text: string): string => text.replace(/\p{Cc}+/gu, ' ').trim()

/** One line of somebody else's, for a terminal: without escape sequences and control characters, but with tabs. */
export const terminalText = (text: string): string => withoutSequences(text).replace(/[^\P{Cc}\t]/gu, '')

/** The tone of a condition's status; `Stalled` and `Reconciling` are good when False. */
export const conditionTone = (type: string, status: string): Tone => {
  if (type === 'Stalled') return status === 'True' ? 'bad' : 'dim'
  if (type === 'Reconciling') return status === 'True' ? 'warn' : 'dim'
  if (status === 'True') return 'good'
  return status === 'False' ? 'bad' : 'warn'
}
