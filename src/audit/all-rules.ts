import { cisConfinement } from './cis-confinement.ts'
import { cisFiles } from './cis-files.ts'
import { cisNamespaces } from './cis-namespaces.ts'
import { cisNetwork } from './cis-network.ts'
import { cisOperation } from './cis-operation.ts'
import { cisResources } from './cis-resources.ts'
import { podSecurityBaseline } from './pod-security-baseline.ts'
import { podSecurityRestricted } from './pod-security-restricted.ts'
import type { Rule } from './rule.ts'

const numberOf = ({ id }: Rule): number => Number(id.slice(id.lastIndexOf('.') + 1))

const cis = [...cisConfinement, ...cisNamespaces, ...cisFiles, ...cisResources, ...cisNetwork, ...cisOperation].sort(
  (a, b) => numberOf(a) - numberOf(b),
)

/** Section 5 of the CIS Docker Benchmark 1.6 in its order, then the Pod Security Standards of Kubernetes. */
export const allRules: readonly Rule[] = [...cis, ...podSecurityBaseline, ...podSecurityRestricted]
