import type { HostSettings } from '../../plan/settings.ts'
import { unitWord as word } from '../services/unit-word.ts'
import { caddyLayout } from './caddy-layout.ts'

/**
 * The systemd unit of the edge, for hosts with systemd. Its configuration and directories must stand before it starts. Below
 * /run they are gone after a boot, and so is the routing table: the unit waits for the daemon, which makes both.
 * @throws TerminalError `InvalidHost` when a directory's path has a meaning to systemd.
 */
export const caddyUnit = (settings: HostSettings): string => {
  const { config, storage, run, adminSocket } = caddyLayout(settings)
  return `[Unit]
Description=Palisade edge (Caddy)
Documentation=https://caddyserver.com/docs/
ConditionPathIsDirectory=${word(run)}
After=network-online.target
Wants=network-online.target

[Service]
User=caddy
Group=caddy
Environment=${word(`HOME=${storage}`)}
ExecStartPre=+/usr/bin/install -d -o caddy -g caddy -m 0700 ${word(storage)} ${word(run)}
ExecStart=/usr/bin/caddy run --config ${word(config)}
ExecReload=/usr/bin/caddy reload --config ${word(config)} --address ${word(`unix/${adminSocket}`)} --force
Restart=on-failure
RestartSec=1s
TimeoutStopSec=15s
LimitNOFILE=1048576
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
LockPersonality=yes
ReadWritePaths=${word(storage)} ${word(run)}

[Install]
WantedBy=multi-user.target
`
}
