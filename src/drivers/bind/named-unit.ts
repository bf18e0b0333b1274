import type { HostSettings } from '../../plan/settings.ts'
import { unitWord as word } from '../services/unit-word.ts'
import { bindLayout } from './bind-layout.ts'

/**
 * The systemd unit of the name server. Its configuration must stand before it starts. Debian's profile for AppArmor knows the
 * package's own directories only, so the unit's own fence stands in for it.
 * @throws TerminalError `InvalidHost` when a directory's path has a meaning to systemd.
 */
export const namedUnit = (settings: HostSettings): string => {
  const { config, zones, work, startLog } = bindLayout(settings)
  return `[Unit]
Description=Palisade name server (BIND)
Documentation=man:named(8)
After=network-online.target
Wants=network-online.target

[Service]
User=bind
Group=bind
ExecStart=/usr/sbin/named -f -c ${word(config)} -L ${word(startLog)}
Restart=on-failure
RestartSec=1s
TimeoutStopSec=15s
LimitNOFILE=1048576
AppArmorProfile=-unconfined
AmbientCapabilities=CAP_NET_BIND_SERVICE
CapabilityBoundingSet=CAP_NET_BIND_SERVICE
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectControlGroups=yes
RestrictSUIDSGID=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
LockPersonality=yes
ReadWritePaths=${word(zones)} ${word(work)}

[Install]
WantedBy=multi-user.target
`
}
