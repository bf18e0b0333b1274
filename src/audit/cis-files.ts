import { engineSockets, exposedDevices, foreignPaths, sharedMounts, writableRoot } from './offences.ts'
import { type Rule, unless } from './rule.ts'

/** CIS Docker Benchmark 1.6, section 5: which files and devices a container sees. */
export const cisFiles: readonly Rule[] = [
  {
    id: 'CIS-5.6',
    title: 'No sensitive directory of the host is mounted',
    severity: 'critical',
    remedy: "remove the container; mount only what is below the tenant's sites, data, config, sockets and spool",
    check: (subject) => unless(foreignPaths(subject), "it sees nothing but its part of the tenant's tree"),
  },
  {
    id: 'CIS-5.13',
    title: 'The root file system is read-only',
    severity: 'medium',
    remedy: 'make the container with --read-only, and a tmpfs of a set size for what it has to write',
    check: (subject) => unless(writableRoot(subject), 'the kernel has it mounted read-only'),
  },
  {
    id: 'CIS-5.18',
    title: 'No device of the host is exposed',
    severity: 'critical',
    remedy: 'remove the container; make it without --device',
    check: (subject) => unless(exposedDevices(subject), 'it has the devices that every container has'),
  },
  {
    id: 'CIS-5.20',
    title: 'No mount is propagated as shared',
    severity: 'medium',
    remedy: 'mount with the propagation rprivate, the default',
    check: (subject) => unless(sharedMounts(subject), 'every mount is private'),
  },
  {
    id: 'CIS-5.32',
    title: "No engine's socket is mounted",
    severity: 'critical',
    remedy: 'remove the container at once: who has the socket is root of the tenant',
    check: (subject) => unless(engineSockets(subject), "no engine's socket can be reached"),
  },
]
