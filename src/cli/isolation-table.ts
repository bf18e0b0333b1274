import type { Finding, Position, Result } from '../isolation/probe.ts'
import type { Paint, Tone } from './paint.ts'
import { formatTable, type Table } from './table.ts'

export interface VerifiedAccount {
  readonly account: string
  /** Empty when there was none. */
  readonly neighbour: string
  /** RFC 3339. */
  readonly verifiedAt: string
  readonly findings: readonly Finding[]
}

const TONES: Readonly<Record<Result, Tone>> = { held: 'good', broken: 'bad', 'not tried': 'warn' }
const POSITIONS: Readonly<Record<Position, string>> = {
  service: 'a service',
  root: "the tenant's root",
  host: 'the host',
}

const findingTable = (findings: readonly Finding[]): Table => ({
  header: ['PROBE', 'FROM', 'WHAT', 'EXPECTED', 'RESULT', 'SEEN'],
  rows: findings.map(({ probe, position, title, expected, result, seen }) => [
    probe,
    POSITIONS[position],
    title,
    expected,
    { text: result, tone: TONES[result] },
    seen,
  ]),
})

const count = (findings: readonly Finding[], result: Result): number =>
  findings.filter((finding) => finding.result === result).length

/** One account's findings as a page for people, ending with what they come to. */
export const formatVerified = ({ account, neighbour, findings }: VerifiedAccount, paint: Paint): string => {
  const against = neighbour === '' ? 'the host' : `${neighbour} and the host`
  const sums = (['held', 'broken', 'not tried'] as const).map((result) => `${count(findings, result)} ${result}`)
  return `${account} against ${against}\n${formatTable(findingTable(findings), paint)}${account}: ${sums.join(', ')}\n`
}
