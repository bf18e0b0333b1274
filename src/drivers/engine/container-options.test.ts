import { expect, it } from 'vitest'
import type { DesiredContainer } from '../../plan/resources.ts'
import { containerOptions } from './container-options.ts'

const container: DesiredContainer = {
  type: 'container',
  tier: 'backend',
  name: 'php-8.2-1',
  service: 'php-8.2',
  image: { name: 'palisade/php:8.2', sources: [] },
  runtime: 'runc',
  command: ['php-fpm', '--nodaemonize'],
  environment: { A: 'b=c' },
  workingDirectory: '/var/www',
  user: { uid: 33, gid: 34 },
  mounts: [{ source: '/srv/alice/data/site', target: '/site', readOnly: true }],
  tmpfs: [{ target: '/tmp', sizeBytes: 1024, owner: { uid: 33, gid: 34 }, mode: '0700', executable: false }],
  networks: [
    { network: 'www', aliases: ['php'], address: '172.30.0.5' },
    { network: 'db', aliases: [] },
  ],
  hosts: { mariadb: '172.30.1.10' },
  publish: [{ hostAddress: '10.90.0.2', hostPort: 80, containerPort: 8080 }],
  health: { command: ['php-health', '--now'], intervalMs: 30_000, timeoutMs: 5_000, retries: 3 },
  limits: { cpuMillis: 1500, memoryBytes: 268_435_456, pids: 64 },
  stopSignal: 'SIGQUIT',
  stopTimeoutSeconds: 10,
  configFiles: [],
  reload: 'never',
}

const FENCE = { tree: '/srv/alice', apparmorProfile: undefined }

it('asks for a fenced container with the first of its networks', () => {
  expect(containerOptions(container, { label: 'value' }, FENCE)).toMatchInlineSnapshot(`
    {
      "Cmd": [
        "php-fpm",
        "--nodaemonize",
      ],
      "Env": [
        "A=b=c",
      ],
      "ExposedPorts": {
        "8080/tcp": {},
      },
      "Healthcheck": {
        "Interval": 30000000000,
        "Retries": 3,
        "Test": [
          "CMD",
          "php-health",
          "--now",
        ],
        "Timeout": 5000000000,
      },
      "HostConfig": {
        "CapDrop": [
          "ALL",
        ],
        "CpuPeriod": 100000,
        "CpuQuota": 150000,
        "ExtraHosts": [
          "mariadb:172.30.1.10",
        ],
        "Init": true,
        "IpcMode": "private",
        "LogConfig": {
          "Config": {
            "max-file": "3",
            "max-size": "10m",
          },
          "Type": "json-file",
        },
        "Memory": 268435456,
        "MemorySwap": 268435456,
        "Mounts": [
          {
            "BindOptions": {
              "Propagation": "rprivate",
            },
            "ReadOnly": true,
            "Source": "/srv/alice/data/site",
            "Target": "/site",
            "Type": "bind",
          },
        ],
        "NetworkMode": "www",
        "OomKillDisable": false,
        "OomScoreAdj": 500,
        "PidsLimit": 64,
        "PortBindings": {
          "8080/tcp": [
            {
              "HostIp": "10.90.0.2",
              "HostPort": "80",
            },
          ],
        },
        "Privileged": false,
        "ReadonlyRootfs": true,
        "RestartPolicy": {
          "Name": "unless-stopped",
        },
        "Runtime": "runc",
        "SecurityOpt": [
          "no-new-privileges",
        ],
        "Sysctls": {},
        "Tmpfs": {
          "/tmp": "nosuid,nodev,noexec,size=1024,mode=0700,uid=33,gid=34",
        },
        "Ulimits": [
          {
            "Hard": 16384,
            "Name": "nofile",
            "Soft": 16384,
          },
          {
            "Hard": 0,
            "Name": "core",
            "Soft": 0,
          },
        ],
      },
      "Hostname": "php-8.2-1",
      "Image": "palisade/php:8.2",
      "Labels": {
        "label": "value",
      },
      "NetworkingConfig": {
        "EndpointsConfig": {
          "www": {
            "Aliases": [
              "php",
            ],
            "IPAMConfig": {
              "IPv4Address": "172.30.0.5",
            },
          },
        },
      },
      "StopSignal": "SIGQUIT",
      "StopTimeout": 10,
      "User": "33:34",
      "WorkingDir": "/var/www",
      "name": "php-8.2-1",
    }
  `)
})

it('leaves the command to the image, and all networks away, where nothing is wanted', () => {
  const options = containerOptions({ ...container, command: [], networks: [], publish: [] }, {}, FENCE)
  expect(options).not.toHaveProperty('Cmd')
  expect(options).not.toHaveProperty('NetworkingConfig')
  expect(options.HostConfig).toMatchObject({ NetworkMode: 'none', PortBindings: {} })
})

it('is refused for a mount from outside of the part of the tree that is for services', () => {
  for (const source of ['/', '/etc', '/run/docker.sock', '/srv/alice', '/srv/alice/engine', '/srv/bob/data/site']) {
    const mounts = [{ source, target: '/mnt', readOnly: true }]
    expect(() => containerOptions({ ...container, mounts }, {}, FENCE)).toThrow(
      expect.objectContaining({ name: 'TerminalError', reason: 'MountRefused' }),
    )
  }
})

it('runs under the AppArmor profile where there is one', () => {
  const { HostConfig } = containerOptions(container, {}, { ...FENCE, apparmorProfile: 'palisade-service' })
  expect(HostConfig?.SecurityOpt).toEqual(['no-new-privileges', 'apparmor=palisade-service'])
})
