import { TerminalError } from '../../ports/errors.ts'

/** What a name may be made of: it stands unquoted in the profile, in the engine's options and in the kernel's list. */
const NAME = /^[a-z][a-z0-9-]*$/

/** Each installation of a host has its own. */
export const profileName = (instance: string): string => `${instance}-service`

/**
 * The text of the profile, in the language of apparmor.d(5).
 *
 * It grants files, since ownership and mounts of the tenant's own namespaces bound those, and takes from them what tells of
 * the kernel or changes it. It grants no capability, no mount and no raw socket, and lets processes of a service reach, by
 * signal and by ptrace(2), only such as are confined by the same profile. An exec stays in the profile.
 * @throws TerminalError `InvalidName` for a name that could be read as anything else.
 */
export const renderProfile = (name: string): string => {
  if (!NAME.test(name)) throw new TerminalError('InvalidName', `${JSON.stringify(name)} can't name an AppArmor profile`)
  return `# Written by Palisade, and loaded again whenever it differs from what the kernel has.
profile ${name} flags=(attach_disconnected,mediate_deleted) {
  file,
  network inet stream,
  network inet6 stream,
  network inet dgram,
  network inet6 dgram,
  network unix,
  network netlink raw,

  signal (receive) peer=unconfined,
  signal (send, receive) peer=${name},
  ptrace (trace, tracedby, read, readby) peer=${name},

  deny network packet,
  deny network inet raw,
  deny network inet6 raw,
  deny mount,
  deny remount,
  deny umount,
  deny pivot_root,
  deny change_profile,
  deny /proc/sys/** wklx,
  deny /proc/sysrq-trigger rwklx,
  deny /proc/kcore rwklx,
  deny /proc/kmsg rwklx,
  deny /proc/kallsyms rwklx,
  deny /proc/keys rwklx,
  deny /proc/mem rwklx,
  deny /proc/acpi/** rwklx,
  deny /proc/[0-9]*/attr/** wklx,
  deny /sys/** wklx,
  deny /sys/firmware/** rwklx,
  deny /sys/kernel/security/** rwklx,
  deny /sys/kernel/debug/** rwklx,
}
`
}
