import { type Attack, type Attempt, attempt, type Position, type Probe } from './probe.ts'
import type { Scene } from './scene.ts'

const kernel = (
  position: Position,
  id: string,
  title: string,
  attempts: readonly Attempt[] | ((scene: Scene) => readonly Attempt[]),
  expected = 'refused',
): Probe => ({
  kind: 'attack',
  id: `kernel/${id}${position === 'root' ? '-as-root' : ''}`,
  group: 'kernel',
  position,
  title,
  expected,
  attempts: typeof attempts === 'function' ? attempts : () => attempts,
})

/** Refused to whoever is not root of the host itself. */
const CALLS: readonly (readonly [Attack, string])[] = [
  ['reboot', 'restart the machine'],
  ['kexec', 'load another kernel'],
  ['module', 'load a module into the kernel'],
  ['swap', 'change the swap space'],
  ['clock', 'set the clock'],
  ['hostname', "set the host's name"],
  ['kernel-log', "change the kernel's log"],
  ['file-handle', 'open files past their directories'],
  ['bpf', 'look at programs inside the kernel (bpf)'],
]

/** Refused to services; root of a namespace of its own may. */
const SERVICE_CALLS: readonly (readonly [Attack, string])[] = [
  ['namespace', 'make a user namespace (unshare)'],
  ['keyring', 'use the keyring of the kernel (keyctl)'],
  ['raw-socket', 'make raw packets'],
  ['packet-socket', 'listen to all packets'],
  ['chroot', 'change the root directory'],
  ['pivot', 'change the root mount'],
  ['remount', 'make the root writable'],
  ['become-root', 'become root'],
]

const KERNEL_FILES = [
  '/proc/sys/kernel/core_pattern',
  '/proc/sys/kernel/modprobe',
  '/proc/sys/vm/overcommit_memory',
  '/proc/sys/fs/file-max',
  '/proc/sysrq-trigger',
  '/sys/kernel/uevent_helper',
  '/sys/kernel/mm/ksm/run',
  '/sys/power/state',
]

const writeKernelFiles = KERNEL_FILES.map((path) => attempt('write', path))

const DEVICES = ['/dev/mem', '/dev/kmem', '/dev/port', '/proc/kcore']

const devices = ({ host }: Scene): readonly Attempt[] => [
  ...[...DEVICES, ...host.disks.map((disk) => `/dev/${disk}`)].map((path) => attempt('read', path)),
  attempt('write', '/dev/kmsg'),
]

/** The first of each kind that a machine may have: memory, and disks of SCSI, virtio and loop drivers; see devices.txt of the kernel. */
const nodes = [
  attempt('device', 'char', 1, 1),
  attempt('device', 'block', 8, 0),
  attempt('device', 'block', 254, 0),
  attempt('device', 'block', 7, 0),
]

const service: readonly Probe[] = [
  kernel('service', 'capabilities', 'capabilities, also such as could be won', [attempt('capabilities')], 'none'),
  kernel('service', 'privileges', 'rights by programs that set the user id', [attempt('privileges')], 'none to be had'),
  kernel('service', 'seccomp', 'system calls that no service needs', [attempt('seccomp')], 'filtered'),
  kernel('service', 'image', "write to the image's files", [
    attempt('create', '/palisade-probe'),
    attempt('create', '/var/tmp/palisade-probe'),
  ]),
  kernel('service', 'mount', 'mount file systems', [
    attempt('mount', 'tmpfs', 'palisade'),
    attempt('mount', 'proc', 'palisade'),
    attempt('mount', 'sysfs', 'palisade'),
  ]),
  ...SERVICE_CALLS.map(([attack, title]) => kernel('service', attack, title, [attempt(attack)])),
]

const root: readonly Probe[] = [
  kernel('root', 'mount', 'mount disks and file systems of the kernel', ({ host }) => [
    ...host.disks.flatMap((disk) => ['ext4', 'xfs', 'btrfs'].map((type) => attempt('mount', type, `/dev/${disk}`))),
    ...['debugfs', 'tracefs', 'securityfs'].map((type) => attempt('mount', type, 'palisade')),
  ]),
]

const fromBoth = (['service', 'root'] as const).flatMap((position) => [
  ...CALLS.map(([attack, title]) => kernel(position, attack, title, [attempt(attack)])),
  kernel(position, 'files', 'settings of the kernel in /proc and /sys', writeKernelFiles),
  kernel(position, 'devices', 'memory and disks of the host', devices),
  kernel(position, 'device-nodes', 'make device nodes and open them', nodes),
])

/** Calls into the kernel that lead out of a fence, or harm the whole host. */
export const KERNEL_PROBES: readonly Probe[] = [...service, ...root, ...fromBoth]
