import type { Judgement } from '../audit/judge.ts'
import type { Severity, Verdict } from '../audit/rule.ts'
import { type Paint, printable, type Tone } from './paint.ts'
import { formatTable, type Table } from './table.ts'

const SEVERITY_TONES: Readonly<Record<Severity, Tone>> = { critical: 'bad', high: 'bad', medium: 'warn', low: 'dim' }
const INDENT = ' '.repeat(10)
const SEVERITIES: readonly Severity[] = ['critical', 'high', 'medium', 'low']
const RESULT_TONES: Readonly<Record<Verdict['result'], Tone>> = { pass: 'good', fail: 'bad', 'not-applicable': 'dim' }

/** Of each container how many rules it keeps. */
const summaryTable = (judgements: readonly Judgement[]): Table => {
  const byContainer = new Map<string, Judgement[]>()
  for (const judgement of judgements) {
    const key = `${judgement.account} ${judgement.container}`
    byContainer.set(key, [...(byContainer.get(key) ?? []), judgement])
  }
  const count = (all: readonly Judgement[], result: Verdict['result']): string =>
    `${all.filter((judgement) => judgement.result === result).length}`
  return {
    header: ['ACCOUNT', 'CONTAINER', 'PASSED', 'FAILED', 'NOT APPLICABLE'],
    rows: [...byContainer.values()].map((all) => {
      const failed = count(all, 'fail')
      return [
        all[0]?.account ?? '',
        all[0]?.container ?? '',
        count(all, 'pass'),
        { text: failed, tone: failed === '0' ? 'good' : 'bad' },
        count(all, 'not-applicable'),
      ]
    }),
  }
}

const finding = ({ severity, account, container, rule, title, seen, remedy }: Judgement, paint: Paint): string =>
  [
    `${paint(SEVERITY_TONES[severity], severity.padEnd(INDENT.length))}${rule}  ${account}/${printable(container)}: ${title}`,
    `${INDENT}${paint('dim', 'seen')}  ${printable(seen)}`,
    `${INDENT}${paint('dim', 'do')}    ${remedy}\n`,
  ].join('\n')

/** The worst first. */
const formatFindings = (findings: readonly Judgement[], paint: Paint): string =>
  SEVERITIES.flatMap((severity) =>
    findings.filter((one) => one.severity === severity).map((one) => finding(one, paint)),
  ).join('')

const everyRuleTable = (judgements: readonly Judgement[]): Table => ({
  header: ['ACCOUNT', 'CONTAINER', 'RULE', 'RESULT', 'TITLE', 'SEEN'],
  rows: judgements.map(({ account, container, rule, result, title, seen }) => [
    account,
    container,
    rule,
    { text: result, tone: RESULT_TONES[result] },
    title,
    seen,
  ]),
})

/** A line per container, and each finding; `wide` has every verdict. */
export const formatAudit = (judgements: readonly Judgement[], form: 'table' | 'wide', paint: Paint): string => {
  if (judgements.length === 0) return 'There are no containers.\n'
  if (form === 'wide') return formatTable(everyRuleTable(judgements), paint)
  const findings = judgements.filter(({ result }) => result === 'fail')
  const summary = formatTable(summaryTable(judgements), paint)
  return findings.length === 0 ? summary : `${summary}\n${formatFindings(findings, paint)}`
}
