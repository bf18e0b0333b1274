import { sharedNamespaces } from './offences.ts'
import { type Rule, unless } from './rule.ts'

const namespaceRule = (
  id: string,
  type: 'net' | 'pid' | 'ipc' | 'uts' | 'user',
  of: string,
  severity: Rule['severity'],
): Rule => ({
  id,
  title: `The ${of} namespace of the host is not shared`,
  severity,
  remedy: `remove the container; make it without the ${of} mode host`,
  check: (subject) =>
    unless(
      sharedNamespaces(subject, type),
      type === 'user' ? "it is in the tenant's user namespace" : `its ${of} namespace is its own`,
    ),
})

/** CIS Docker Benchmark 1.6, section 5: which namespaces a container has of its own. */
export const cisNamespaces: readonly Rule[] = [
  namespaceRule('CIS-5.10', 'net', 'network', 'critical'),
  namespaceRule('CIS-5.16', 'pid', 'process', 'critical'),
  namespaceRule('CIS-5.17', 'ipc', 'IPC', 'high'),
  namespaceRule('CIS-5.21', 'uts', 'UTS', 'medium'),
  namespaceRule('CIS-5.31', 'user', 'user', 'critical'),
]
