import type { Answer, Attempt } from '../../isolation/probe.ts'

const SEPARATOR = '\t'
const ANSWER = 'palisade-answer'

/** @throws RangeError for a value that could end a field, or a line. */
const field = (value: string): string => {
  if (/^\P{Cc}*$/u.test(value)) return value
  throw new RangeError(`${JSON.stringify(value)} can't be told to an attacker: it has control characters`)
}

/** Arguments of the program `libexec/attack`, one for each attempt. */
export const attackLines = (attempts: readonly Attempt[]): readonly string[] =>
  attempts.map(({ attack, arguments: values }, number) =>
    [String(number), attack, ...values].map(field).join(SEPARATOR),
  )

const OUTCOMES: ReadonlyMap<string, Answer['outcome']> = new Map([
  ['done', 'done'],
  ['refused', 'refused'],
  ['failed', 'failed'],
])

const NO_ANSWER: Answer = { outcome: 'failed', seen: 'the attacker gave no answer' }

/** Answers in the order of the attempts. What else is in the text was written by attacks. */
export const parseAnswers = (text: string, attempts: number): readonly Answer[] => {
  const answers = new Map<number, Answer>()
  for (const line of text.split('\n')) {
    const [mark, number = '', word = '', ...seen] = line.split(SEPARATOR)
    const outcome = OUTCOMES.get(word)
    if (mark === ANSWER && outcome !== undefined) answers.set(Number(number), { outcome, seen: seen.join(' ').trim() })
  }
  return Array.from({ length: attempts }, (_, number) => answers.get(number) ?? NO_ANSWER)
}
