import { describe, expect, it } from 'vitest'
import { allRules } from './all-rules.ts'
import type { AuditedContainer, AuditedHost, AuditedProcess, Configuration, KernelView } from './audited.ts'
import { judge } from './judge.ts'

const TREE = '/srv/palisade/tenants/alice'
const ID = 'f'.repeat(64)

const process: AuditedProcess = {
  pid: 4711,
  command: 'nginx',
  uid: 101,
  capabilities: [],
  seccomp: 'filter',
  noNewPrivileges: true,
  apparmor: 'palisade-service (enforce)',
}

const mount = (target: string, changes: Partial<KernelView['mounts'][number]> = {}): KernelView['mounts'][number] => ({
  target,
  hostPath: '',
  fileSystem: 'ext4',
  writable: false,
  shared: false,
  ...changes,
})

const MOUNTS = [
  mount('/', { fileSystem: 'overlay', hostPath: `${TREE}/engine/overlay2/l0/merged` }),
  mount('/usr/sbin/docker-init', { hostPath: '/usr/bin/tini-static' }),
  mount('/etc/hosts', { hostPath: `${TREE}/engine/containers/${ID}/hosts`, writable: true }),
  mount('/dev', { fileSystem: 'tmpfs', writable: true }),
  mount('/dev/null', { fileSystem: 'devtmpfs', hostPath: '/dev/null', writable: true }),
  mount('/sys/fs/cgroup/pids', { fileSystem: 'cgroup', hostPath: `/sys/fs/cgroup/pids/palisade/alice/services/${ID}` }),
  mount('/proc', { fileSystem: 'proc', writable: true }),
  ...['/proc/sys', '/proc/sysrq-trigger', '/proc/kcore', '/proc/keys'].map((path) => mount(path)),
  mount('/var/www', { hostPath: `${TREE}/sites`, writable: true }),
]

const kernel: KernelView = {
  processes: [process],
  namespaces: { net: 'own', pid: 'own', ipc: 'own', uts: 'own', user: 'tenant', mnt: 'own' },
  mounts: MOUNTS,
  group: `/palisade/alice/services/${ID}`,
  limits: { cpuMillis: 500, memoryBytes: 1_048_576, pids: 64 },
  openFiles: 16_384,
}

const configured: Configuration = {
  image: 'palisade/nginx:3c9069f035d9',
  user: '101:101',
  privileged: false,
  addedCapabilities: [],
  securityOptions: ['no-new-privileges', 'apparmor=palisade-service'],
  modes: { net: 'www', pid: '', ipc: 'private', uts: '', user: '' },
  restart: { policy: 'unless-stopped', maximumRetries: 0 },
  ports: [{ hostAddress: '10.90.0.2', hostPort: 80 }],
  networks: ['www'],
  binds: [{ source: `${TREE}/sites`, target: '/var/www', propagation: 'rprivate' }],
  devices: [],
  sysctls: [],
  readOnlyRoot: true,
  hasHealthCheck: true,
  limits: kernel.limits === 'absent' ? { cpuMillis: 0, memoryBytes: 0, pids: 0 } : kernel.limits,
}

interface Break {
  readonly configured?: Partial<Configuration>
  readonly kernel?: Partial<KernelView>
  readonly process?: Partial<AuditedProcess>
  readonly origin?: AuditedContainer['origin']
  readonly swarm?: boolean
}

const HOST: AuditedHost = {
  apparmor: true,
  selinux: true,
  procFiles: ['/proc/sys', '/proc/sysrq-trigger', '/proc/kcore', '/proc/keys'],
}

const containerWith = (broken: Break): AuditedContainer => ({
  id: ID,
  name: 'nginx',
  origin: broken.origin ?? 'service',
  configured: { ...configured, ...broken.configured },
  kernel: { ...kernel, processes: [{ ...process, ...broken.process }], ...broken.kernel },
})

const judged = (container: AuditedContainer, swarm = false, host = HOST) =>
  judge({ account: 'alice', tree: TREE, group: '/palisade/alice', swarm, containers: [container] }, host)

const failing = (container: AuditedContainer, swarm = false, host = HOST): readonly string[] =>
  judged(container, swarm, host)
    .filter(({ result }) => result === 'fail')
    .map(({ rule }) => rule)

const namespaces = (changes: Partial<KernelView['namespaces']>): Break => ({
  kernel: { namespaces: { ...kernel.namespaces, ...changes } },
})
const limits = (changes: Partial<Configuration['limits']>): Break => ({
  kernel: { limits: { ...configured.limits, ...changes } },
})
const seen = (...mounts: KernelView['mounts']): Break => ({ kernel: { mounts: [...MOUNTS, ...mounts] } })
const option = (...options: string[]): Break => ({
  configured: { securityOptions: [...configured.securityOptions, ...options] },
})

/** Of each rule all that breaks it; where the engine and the kernel both tell, each of them alone. */
const BREAKS: Readonly<Record<string, readonly Break[]>> = {
  'CIS-5.1': [{ swarm: true }],
  'CIS-5.2': [
    option('apparmor=unconfined'),
    { process: { apparmor: 'unconfined' } },
    { process: { apparmor: 'palisade-service (complain)' } },
  ],
  'CIS-5.3': [option('label=disable')],
  'CIS-5.4': [{ configured: { addedCapabilities: ['CAP_NET_ADMIN'] } }, { process: { capabilities: ['CHOWN'] } }],
  'CIS-5.5': [{ configured: { privileged: true } }],
  'CIS-5.6': [
    { configured: { binds: [{ source: '/etc', target: '/mnt', propagation: 'rprivate' }] } },
    seen(mount('/mnt', { hostPath: '/etc' })),
    seen(mount('/mnt', { hostPath: TREE })),
    seen(mount('/mnt', { hostPath: `${TREE}/secrets` })),
    seen(mount('/mnt', { hostPath: `${TREE}/engine/containers/${'0'.repeat(64)}/config.v2.json` })),
    seen(mount('/mnt', { hostPath: '/srv/palisade/tenants/alice-2/sites' })),
    seen(mount('/sys/fs/cgroup/pids', { fileSystem: 'cgroup', hostPath: '/sys/fs/cgroup/pids', writable: true })),
  ],
  'CIS-5.7': [{ process: { command: 'sshd' } }],
  'CIS-5.8': [namespaces({ net: 'host' })],
  'CIS-5.9': [{ origin: 'foreign' }],
  'CIS-5.10': [
    namespaces({ net: 'host' }),
    namespaces({ net: 'tenant' }),
    { configured: { modes: { ...configured.modes, net: 'host' } } },
  ],
  'CIS-5.11': [limits({ memoryBytes: Number.POSITIVE_INFINITY }), { kernel: { limits: 'absent' } }],
  'CIS-5.12': [limits({ cpuMillis: Number.POSITIVE_INFINITY })],
  'CIS-5.13': [
    { configured: { readOnlyRoot: false } },
    { kernel: { mounts: MOUNTS.map((one) => (one.target === '/' ? { ...one, writable: true } : one)) } },
  ],
  'CIS-5.14': ['', '0.0.0.0', '::'].map((hostAddress) => ({
    configured: { ports: [{ hostAddress, hostPort: 8080 }] },
  })),
  'CIS-5.15': [
    { origin: 'foreign', configured: { restart: { policy: 'always', maximumRetries: 0 } } },
    { origin: 'foreign', configured: { restart: { policy: 'on-failure', maximumRetries: 0 } } },
  ],
  'CIS-5.16': [namespaces({ pid: 'host' }), { configured: { modes: { ...configured.modes, pid: 'host' } } }],
  'CIS-5.17': [namespaces({ ipc: 'host' })],
  'CIS-5.18': [
    { configured: { devices: ['/dev/sda'] } },
    seen(mount('/dev/kmsg', { hostPath: '/dev/kmsg', fileSystem: 'devtmpfs' })),
  ],
  'CIS-5.19': [{ kernel: { openFiles: 1_048_576 } }],
  'CIS-5.20': [
    { configured: { binds: [{ source: `${TREE}/sites`, target: '/var/www', propagation: 'rshared' }] } },
    seen(mount('/mnt', { shared: true })),
  ],
  'CIS-5.21': [namespaces({ uts: 'host' })],
  'CIS-5.22': [option('seccomp=unconfined'), { process: { seccomp: 'disabled' } }],
  'CIS-5.23': [{ process: { capabilities: ['SYS_ADMIN'] } }],
  'CIS-5.24': [{ process: { uid: 0 } }, { process: { uid: 'unmapped' } }],
  'CIS-5.25': [{ kernel: { group: `/elsewhere/${ID}` } }, { kernel: { group: '/palisade/bob/services/x' } }],
  'CIS-5.26': [{ configured: { securityOptions: [] } }, { process: { noNewPrivileges: false } }],
  'CIS-5.27': [{ configured: { hasHealthCheck: false } }],
  'CIS-5.28': [{ configured: { image: 'registry:5000/nginx' } }, { configured: { image: 'nginx:latest' } }],
  'CIS-5.29': [limits({ pids: Number.POSITIVE_INFINITY })],
  'CIS-5.30': [{ configured: { networks: ['bridge'] } }],
  'CIS-5.31': [namespaces({ user: 'host' }), { configured: { modes: { ...configured.modes, user: 'host' } } }],
  'CIS-5.32': [
    { configured: { binds: [{ source: '/run/palisade/docker.sock', target: '/s', propagation: '' }] } },
    seen(mount('/s', { hostPath: '/run/palisade/tenants/bob/engine/docker.sock' })),
    seen(mount('/s', { hostPath: '/run' })),
    seen(mount('/s', { hostPath: '/' })),
  ],
  'PSS-baseline-host-namespaces': [
    namespaces({ net: 'tenant' }),
    namespaces({ pid: 'host' }),
    namespaces({ ipc: 'host' }),
  ],
  'PSS-baseline-privileged': [{ configured: { privileged: true } }, { configured: { devices: ['/dev/fuse'] } }],
  'PSS-baseline-capabilities': [{ process: { capabilities: ['SYS_ADMIN'] } }],
  'PSS-baseline-host-path': [seen(mount('/mnt', { hostPath: '/etc/shadow' }))],
  'PSS-baseline-host-ports': [namespaces({ net: 'host' })],
  'PSS-baseline-apparmor': [option('apparmor=unconfined')],
  'PSS-baseline-selinux': [option('label=type:spc_t')],
  'PSS-baseline-proc-mount': [
    { kernel: { mounts: MOUNTS.filter(({ target }) => target !== '/proc/kcore') } },
    { kernel: { mounts: MOUNTS.map((one) => (one.target === '/proc/sys' ? { ...one, writable: true } : one)) } },
  ],
  'PSS-baseline-seccomp': [option('seccomp=unconfined')],
  'PSS-baseline-sysctls': [{ configured: { sysctls: ['kernel.msgmax'] } }],
  'PSS-restricted-volume-types': [seen(mount('/mnt', { hostPath: '/etc' }))],
  'PSS-restricted-privilege-escalation': [{ process: { noNewPrivileges: false } }],
  'PSS-restricted-run-as-non-root': [{ process: { uid: 0 } }, { configured: { user: 'root' } }],
  'PSS-restricted-run-as-user': [{ configured: { user: '0:101' } }, { configured: { user: '' } }],
  'PSS-restricted-seccomp': [{ process: { seccomp: 'disabled' } }],
  'PSS-restricted-capabilities': [{ process: { capabilities: ['CHOWN'] } }],
}

/** There is no way to break it here. */
const NEVER = ['PSS-baseline-host-process']

describe('the rules', () => {
  it('are the 32 of section 5 and the controls of both standards, each with a case that breaks it', () => {
    const ids = allRules.map(({ id }) => id)
    expect(ids.slice(0, 32)).toEqual(Array.from({ length: 32 }, (_, index) => `CIS-5.${index + 1}`))
    expect(ids.filter((id) => !NEVER.includes(id)).sort()).toEqual(Object.keys(BREAKS).sort())
  })

  it('are all kept by a sound container', () => {
    expect(failing(containerWith({}))).toEqual([])
  })

  it('are all kept by a sound container on a host with neither AppArmor nor SELinux', () => {
    const bare = { ...HOST, apparmor: false, selinux: false }
    expect(failing(containerWith({ process: { apparmor: '' } }), false, bare)).toEqual([])
  })

  it('judge a container that does not run by how it was made', () => {
    expect(failing({ ...containerWith({}), kernel: 'stopped' })).toEqual([])
    const made = { privileged: true, limits: { cpuMillis: 0, memoryBytes: 0, pids: 0 } }
    expect(failing({ ...containerWith({ configured: made }), kernel: 'stopped' })).toEqual(
      expect.arrayContaining(['CIS-5.5', 'CIS-5.11', 'CIS-5.12', 'CIS-5.29']),
    )
  })

  it('ask no health check of a job', () => {
    expect(failing(containerWith({ origin: 'job', configured: { hasHealthCheck: false } }))).not.toContain('CIS-5.27')
  })

  it('say what to do about a finding, and nothing else', () => {
    for (const { result, remedy, seen } of judged(containerWith({ configured: { privileged: true } }))) {
      expect(remedy !== '').toBe(result === 'fail')
      expect(seen).not.toBe('')
    }
  })

  const cases = Object.entries(BREAKS).flatMap(([id, breaks]) => breaks.map((broken) => [id, broken] as const))

  it.each(cases)('%s is broken by %j', (id, broken) => {
    expect(failing(containerWith(broken), broken.swarm)).toContain(id)
  })
})
