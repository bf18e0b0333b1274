import type { Subject } from './audited.ts'
import { capabilities, foreignPaths, privilegeGainers, rootProcesses, unfilteredProcesses } from './offences.ts'
import { fail, notApplicable, type Rule, unless } from './rule.ts'

/** `0`, `root`, `0:0`, or left to the image, which then has to be asked by the kernel's truth alone. */
const isRoot = (user: string): boolean => /^(0+|root)(:|$)/.test(user)

const rootUser = ({ container }: Subject): readonly string[] =>
  isRoot(container.configured.user) ? ['it was made to run as root'] : []

/** Kubernetes, Pod Security Standards, "Restricted": what it asks for beyond "Baseline". */
export const podSecurityRestricted: readonly Rule[] = [
  {
    id: 'PSS-restricted-volume-types',
    title: 'Only volumes of harmless types are mounted',
    severity: 'high',
    remedy: "remove the container; mount only what is the tenant's",
    check: (subject) => unless(foreignPaths(subject), "its volumes are parts of the tenant's tree, and temporary"),
  },
  {
    id: 'PSS-restricted-privilege-escalation',
    title: 'Privileges can not be escalated',
    severity: 'high',
    remedy: 'make the container with no-new-privileges',
    check: (subject) => unless(privilegeGainers(subject), 'no process can gain privileges by an exec'),
  },
  {
    id: 'PSS-restricted-run-as-non-root',
    title: 'No process is root',
    severity: 'high',
    remedy: 'make the container with --user, and run no command in it as root',
    check: (subject) => unless([...rootUser(subject), ...rootProcesses(subject)], 'no process is root'),
  },
  {
    id: 'PSS-restricted-run-as-user',
    title: 'The user that is named is not root',
    severity: 'high',
    remedy: 'make the container with --user and an id above 0',
    check: (subject) => {
      const { user } = subject.container.configured
      return user === '' ? fail('it names no user: the image decides') : unless(rootUser(subject), `user ${user}`)
    },
  },
  {
    id: 'PSS-restricted-seccomp',
    title: 'A seccomp profile is in force',
    severity: 'high',
    remedy: 'make the container without seccomp=unconfined',
    check: (subject) =>
      subject.container.kernel === 'stopped'
        ? notApplicable('it does not run')
        : unless(unfilteredProcesses(subject), 'every process has a seccomp filter'),
  },
  {
    id: 'PSS-restricted-capabilities',
    title: 'All capabilities are dropped but NET_BIND_SERVICE',
    severity: 'high',
    remedy: 'drop all capabilities',
    check: (subject) => unless(capabilities(subject, new Set(['NET_BIND_SERVICE'])), 'all are dropped'),
  },
]
