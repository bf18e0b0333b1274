import { capabilities, exposedDevices, foreignPaths, sharedNamespaces, uncoveredProc } from './offences.ts'
import { fail, notApplicable, pass, type Rule, unless } from './rule.ts'

/** What the standard lets every container have; no service of Palisade has any of it. */
const BASELINE_CAPABILITIES = new Set([
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
])

const SAFE_SYSCTLS = new Set([
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
])

/** Kubernetes, Pod Security Standards, "Baseline"; what has no counterpart here is not applicable. */
export const podSecurityBaseline: readonly Rule[] = [
  {
    id: 'PSS-baseline-host-process',
    title: 'No Windows container with the rights of the host',
    severity: 'critical',
    remedy: '',
    check: () => notApplicable('this is Linux'),
  },
  {
    id: 'PSS-baseline-host-namespaces',
    title: 'Network, process and IPC namespaces of the host are not shared',
    severity: 'critical',
    remedy: 'remove the container; make it without --network, --pid and --ipc host',
    check: (subject) => unless(sharedNamespaces(subject, 'net', 'pid', 'ipc'), 'it has its own of each'),
  },
  {
    id: 'PSS-baseline-privileged',
    title: 'The container is not privileged',
    severity: 'critical',
    remedy: 'remove the container; make it without --privileged',
    check: (subject) => {
      const isPrivileged = subject.container.configured.privileged
      return isPrivileged
        ? fail('it was made with --privileged')
        : unless(exposedDevices(subject), 'neither privileges nor devices')
    },
  },
  {
    id: 'PSS-baseline-capabilities',
    title: 'No capability beyond the usual ones',
    severity: 'high',
    remedy: 'drop all capabilities',
    check: (subject) => unless(capabilities(subject, BASELINE_CAPABILITIES), 'none'),
  },
  {
    id: 'PSS-baseline-host-path',
    title: 'No path of the host is mounted',
    severity: 'critical',
    remedy: "remove the container; mount only what is the tenant's",
    check: (subject) => unless(foreignPaths(subject), "only its part of the tenant's tree is mounted"),
  },
  {
    id: 'PSS-baseline-host-ports',
    title: 'No port of the host is used',
    severity: 'medium',
    remedy: 'remove the container; make it without the network mode host',
    check: (subject) => unless(sharedNamespaces(subject, 'net'), "ports are those of the tenant's NIC"),
  },
  {
    id: 'PSS-baseline-apparmor',
    title: 'The AppArmor profile is not switched off',
    severity: 'high',
    remedy: 'make the container without apparmor=unconfined',
    check: ({ container, host }) => {
      if (!host.apparmor) return notApplicable('this kernel has no AppArmor in force')
      const isOff = container.configured.securityOptions.includes('apparmor=unconfined')
      return isOff ? fail('it was made with apparmor=unconfined') : pass('it is not switched off')
    },
  },
  {
    id: 'PSS-baseline-selinux',
    title: 'No SELinux user, role or type is chosen',
    severity: 'medium',
    remedy: 'make the container without label options',
    check: ({ container, host }) => {
      if (!host.selinux) return notApplicable('this kernel has no SELinux in force')
      const chosen = container.configured.securityOptions.filter((option) => /^label[:=](user|role|type)/.test(option))
      return unless(chosen, 'none is chosen')
    },
  },
  {
    id: 'PSS-baseline-proc-mount',
    title: '/proc is masked as usual',
    severity: 'high',
    remedy: 'make the container without --privileged and systempaths=unconfined',
    check: (subject) =>
      unless(uncoveredProc(subject), 'settings of the kernel are read-only, what it tells is covered'),
  },
  {
    id: 'PSS-baseline-seccomp',
    title: 'Seccomp is not switched off',
    severity: 'high',
    remedy: 'make the container without seccomp=unconfined',
    check: ({ container }) => {
      const isOff = container.configured.securityOptions.includes('seccomp=unconfined')
      return isOff ? fail('it was made with seccomp=unconfined') : pass('it is not switched off')
    },
  },
  {
    id: 'PSS-baseline-sysctls',
    title: 'Only safe kernel parameters are set',
    severity: 'medium',
    remedy: 'make the container without --sysctl',
    check: ({ container }) =>
      unless(
        container.configured.sysctls.filter((name) => !SAFE_SYSCTLS.has(name)).map((name) => `it sets ${name}`),
        'none but safe ones is set',
      ),
  },
]
