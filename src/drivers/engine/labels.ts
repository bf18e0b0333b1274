/** Whose something in an engine is: the installation's, and within it the account's. */
export interface Ownership {
  readonly instance: string
  readonly account: string
}

type Labels = Readonly<Record<string, string>>

const INSTANCE = 'palisade.dev/instance'
const ACCOUNT = 'palisade.dev/account'
const SERVICE = 'palisade.dev/service'
export const DIGEST = 'palisade.dev/digest'
const JOB = 'palisade.dev/job'

export const ownership = (instance: string, account: string): Ownership => ({ instance, account })

export const ownLabels = ({ instance, account }: Ownership): Record<string, string> => ({
  [INSTANCE]: instance,
  [ACCOUNT]: account,
})

export const serviceLabels = (owner: Ownership, service: string, digest: string): Record<string, string> => ({
  ...ownLabels(owner),
  [SERVICE]: service,
  [DIGEST]: digest,
})

/** A job has no digest: it is never compared with what is wanted. */
export const jobLabels = (owner: Ownership, job: string): Record<string, string> => ({
  ...ownLabels(owner),
  [SERVICE]: job,
  [JOB]: job,
})

export const isJob = (labels: Labels | null | undefined): boolean => labels?.[JOB] !== undefined

/** For whoever does not know the installation: an engine is one account's alone. */
export const accountFilter = (account: string): { label: string[] } => ({ label: [`${ACCOUNT}=${account}`, SERVICE] })

/** Empty for what is no service. */
export const serviceOf = (labels: Labels | null | undefined): string => labels?.[SERVICE] ?? ''

/** For the `label` filter of the engine's list calls. */
export const ownFilter = (owner: Ownership): { label: string[] } => ({
  label: Object.entries(ownLabels(owner)).map(([key, value]) => `${key}=${value}`),
})

export const isOwn = (labels: Labels | null | undefined, owner: Ownership): boolean =>
  labels?.[INSTANCE] === owner.instance && labels[ACCOUNT] === owner.account
