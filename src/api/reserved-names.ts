/**
 * Names that no account may have: users and groups that Debian's base and common server packages make
 * (base-passwd, and each package's postinst), Docker's own context, and words of ours.
 */
const RESERVED: ReadonlySet<string> = new Set(
  [
    'root daemon bin sys sync games man lp mail news uucp proxy www-data backup list irc gnats nobody',
    'adm tty disk kmem dialout fax voice cdrom floppy tape sudo audio dip operator src shadow utmp video sasl plugdev',
    'staff users nogroup input sgx kvm render crontab ssh netdev wheel admin syslog messagebus sshd uuidd tss polkitd',
    'avahi bind caddy chrony colord containerd dnsmasq docker dovecot dovenull exim ftp git haproxy libvirt memcache',
    'memcached mongodb munin mysql mariadb nginx ntp openldap opendkim postfix postdrop postgres proftpd redis rtkit',
    'rspamd saned statd systemd tcpdump unbound varnish vcache vmail default palisade localhost',
  ].flatMap((line) => line.split(' ')),
)

/** True for a name that belongs to the system, or to Palisade itself. */
export const isReservedName = (name: string): boolean => RESERVED.has(name) || name.startsWith('systemd-')
