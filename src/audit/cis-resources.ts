import { kernelOf, withoutLimit } from './offences.ts'
import { fail, notApplicable, pass, type Rule, unless } from './rule.ts'

/** Four times what the operator gives to services: whatever is above was set by nobody. */
const MOST_OPEN_FILES = 65_536

/** CIS Docker Benchmark 1.6, section 5: what a container can use up. */
export const cisResources: readonly Rule[] = [
  {
    id: 'CIS-5.11',
    title: 'Memory is limited',
    severity: 'medium',
    remedy: 'make the container with --memory and an equal --memory-swap',
    check: (subject) => unless(withoutLimit(subject, 'memoryBytes'), 'the kernel enforces a limit of memory with swap'),
  },
  {
    id: 'CIS-5.12',
    title: 'The share of the CPU is set',
    severity: 'low',
    remedy: 'make the container with --cpus',
    check: (subject) => unless(withoutLimit(subject, 'cpuMillis'), 'the kernel enforces a quota of CPU time'),
  },
  {
    id: 'CIS-5.19',
    title: 'The default of ulimit is overwritten where needed',
    severity: 'low',
    remedy: 'make the container with --ulimit nofile=16384:16384',
    check: (subject) => {
      const kernel = kernelOf(subject)
      if (kernel === undefined) return notApplicable('it does not run')
      const seen = `a process may open ${kernel.openFiles} files`
      return kernel.openFiles > MOST_OPEN_FILES ? fail(seen) : pass(seen)
    },
  },
  {
    id: 'CIS-5.25',
    title: 'The control group is the one that is meant',
    severity: 'high',
    remedy: 'remove the container; make it without --cgroup-parent',
    check: (subject) => {
      const kernel = kernelOf(subject)
      if (kernel === undefined) return notApplicable('it does not run')
      const isOurs = kernel.group === `${subject.tenant.group}/services/${subject.container.id}`
      return isOurs ? pass(`it is below ${subject.tenant.group}`) : fail(`it is in ${kernel.group || 'none'}`)
    },
  },
  {
    id: 'CIS-5.29',
    title: 'The number of processes is limited',
    severity: 'medium',
    remedy: 'make the container with --pids-limit',
    check: (subject) => unless(withoutLimit(subject, 'pids'), 'the kernel enforces a limit'),
  },
]
