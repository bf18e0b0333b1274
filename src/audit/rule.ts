import type { Subject } from './audited.ts'

/** How bad it is when a rule is broken: `critical` leads out of the container, `low` is a matter of order. */
export type Severity = 'critical' | 'high' | 'medium' | 'low'

export interface Verdict {
  readonly result: 'pass' | 'fail' | 'not-applicable'
  /** What was seen, or why the rule does not apply. */
  readonly seen: string
}

export interface Rule {
  /** Such as `CIS-5.4` or `PSS-baseline-sysctls`. */
  readonly id: string
  readonly title: string
  readonly severity: Severity
  /** What to do about a container that breaks it. */
  readonly remedy: string
  /** Pure. */
  check(subject: Subject): Verdict
}

export const pass = (seen: string): Verdict => ({ result: 'pass', seen })
export const fail = (seen: string): Verdict => ({ result: 'fail', seen })
export const notApplicable = (reason: string): Verdict => ({ result: 'not-applicable', seen: reason })

/** Fails with all offences, or passes. */
export const unless = (offences: readonly string[], otherwise: string): Verdict =>
  offences.length > 0 ? fail(offences.join('; ')) : pass(otherwise)
