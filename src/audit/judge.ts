import { allRules } from './all-rules.ts'
import type { AuditedHost, AuditedTenant } from './audited.ts'
import type { Severity, Verdict } from './rule.ts'

/** What one rule says of one container. */
export interface Judgement extends Verdict {
  readonly account: string
  readonly container: string
  readonly rule: string
  readonly title: string
  readonly severity: Severity
  /** Empty unless it fails. */
  readonly remedy: string
}

/** Every rule's verdict of every container, containers by name. Pure. */
export const judge = ({ containers, ...tenant }: AuditedTenant, host: AuditedHost): readonly Judgement[] =>
  [...containers]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((container) =>
      allRules.map(({ id, title, severity, remedy, check }) => {
        const verdict = check({ container, tenant, host })
        return {
          account: tenant.account,
          container: container.name,
          rule: id,
          title,
          severity,
          ...verdict,
          remedy: verdict.result === 'fail' ? remedy : '',
        }
      }),
    )
