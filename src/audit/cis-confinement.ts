import { capabilities, privilegeGainers, unconfinedProcesses, unfilteredProcesses } from './offences.ts'
import { fail, notApplicable, pass, type Rule, unless } from './rule.ts'

/** CIS Docker Benchmark 1.6, section 5: what the processes of a container are kept from. */
export const cisConfinement: readonly Rule[] = [
  {
    id: 'CIS-5.2',
    title: 'An AppArmor profile is in force',
    severity: 'high',
    remedy: 'remove the container and let Palisade make it again; see the condition AppArmorEnforced of the host',
    check: (subject) => {
      if (!subject.host.apparmor) return notApplicable('this kernel has no AppArmor in force')
      const { securityOptions } = subject.container.configured
      if (securityOptions.includes('apparmor=unconfined')) return fail('it was made with apparmor=unconfined')
      return unless(unconfinedProcesses(subject), 'every process has a profile in force')
    },
  },
  {
    id: 'CIS-5.3',
    title: 'SELinux options are set',
    severity: 'medium',
    remedy: 'remove label=disable from the options of the container',
    check: ({ host, container }) => {
      if (!host.selinux) return notApplicable('this kernel has no SELinux in force')
      const isOff = container.configured.securityOptions.includes('label=disable')
      return isOff ? fail('it was made with label=disable') : pass('the labels of the engine are in force')
    },
  },
  {
    id: 'CIS-5.4',
    title: 'No kernel capability is granted that is not needed',
    severity: 'high',
    remedy: 'drop all capabilities: no service of Palisade needs any',
    check: (subject) => unless(capabilities(subject, new Set()), 'no process has or can get any capability'),
  },
  {
    id: 'CIS-5.5',
    title: 'The container is not privileged',
    severity: 'critical',
    remedy: 'remove the container; make it without --privileged',
    check: ({ container }) =>
      container.configured.privileged ? fail('it was made with --privileged') : pass('it is not privileged'),
  },
  {
    id: 'CIS-5.22',
    title: "The engine's seccomp profile is in force",
    severity: 'high',
    remedy: 'remove seccomp=unconfined from the options of the container',
    check: (subject) => {
      const isOff = subject.container.configured.securityOptions.includes('seccomp=unconfined')
      return isOff
        ? fail('it was made with seccomp=unconfined')
        : unless(unfilteredProcesses(subject), 'every process has a seccomp filter')
    },
  },
  {
    id: 'CIS-5.26',
    title: 'No additional privileges can be acquired',
    severity: 'high',
    remedy: 'make the container with no-new-privileges',
    check: (subject) => {
      const asked = subject.container.configured.securityOptions.some((option) =>
        /^no-new-privileges([:=]true)?$/.test(option),
      )
      const offences = asked ? privilegeGainers(subject) : ['it was made without no-new-privileges']
      return unless(offences, 'no process can gain privileges by an exec')
    },
  },
]
