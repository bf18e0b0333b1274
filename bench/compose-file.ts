import type Docker from 'dockerode'
import { containerOptions, limitOptions } from '../src/drivers/engine/container-options.ts'
import { type Ownership, ownLabels, serviceLabels } from '../src/drivers/engine/labels.ts'
import { containerDigest } from '../src/plan/digest.ts'
import type { DesiredContainer, DesiredNetwork, DesiredTenant } from '../src/plan/resources.ts'

const milliseconds = (ms: number): string => `${ms}ms`

const networksOf = ({ networks }: DesiredContainer) =>
  networks.length === 0
    ? { network_mode: 'none' }
    : {
        networks: Object.fromEntries(
          // The highest priority is the first network that the container is on.
          networks.map(({ network, aliases, address }, index) => [
            network,
            { aliases, priority: networks.length - index, ...(address === undefined ? {} : { ipv4_address: address }) },
          ]),
        ),
      }

const healthcheck = ({ command, intervalMs, timeoutMs, retries }: DesiredContainer['health']) => ({
  test: ['CMD', ...command],
  interval: milliseconds(intervalMs),
  timeout: milliseconds(timeoutMs),
  retries,
})

const limits = (container: DesiredContainer) => {
  const { Memory, MemorySwap, CpuPeriod, CpuQuota, PidsLimit } = limitOptions(container.limits)
  return {
    mem_limit: String(Memory),
    memswap_limit: String(MemorySwap),
    cpu_period: String(CpuPeriod),
    cpu_quota: String(CpuQuota),
    pids_limit: PidsLimit,
  }
}

/** What a container may do at most. */
const fence = (container: DesiredContainer, HostConfig: Docker.HostConfig | undefined) => {
  const ulimits = HostConfig?.Ulimits ?? []
  return {
    cap_drop: HostConfig?.CapDrop,
    security_opt: HostConfig?.SecurityOpt,
    read_only: HostConfig?.ReadonlyRootfs,
    ipc: HostConfig?.IpcMode,
    ulimits: Object.fromEntries(ulimits.map(({ Name, Soft, Hard }) => [Name, { soft: Soft, hard: Hard }])),
    tmpfs: Object.entries(HostConfig?.Tmpfs ?? {}).map(([target, options]) => `${target}:${String(options)}`),
    volumes: container.mounts.map(({ source, target, readOnly }) => ({
      type: 'bind',
      source,
      target,
      read_only: readOnly,
      bind: { propagation: 'rprivate', create_host_path: false },
    })),
    ...limits(container),
  }
}

const service = (container: DesiredContainer, owner: Ownership, tree: string) => {
  const bounds = { tree, apparmorProfile: undefined }
  const { Hostname, WorkingDir, User, HostConfig } = containerOptions(container, {}, bounds)
  return {
    container_name: container.name,
    hostname: Hostname,
    image: container.image.name,
    pull_policy: 'never',
    ...(container.command.length === 0 ? {} : { command: container.command }),
    environment: container.environment,
    extra_hosts: container.hosts,
    working_dir: WorkingDir,
    user: User,
    labels: serviceLabels(owner, container.service, containerDigest(container)),
    stop_signal: container.stopSignal,
    stop_grace_period: `${container.stopTimeoutSeconds}s`,
    healthcheck: healthcheck(container.health),
    init: HostConfig?.Init,
    restart: HostConfig?.RestartPolicy?.Name,
    logging: { driver: HostConfig?.LogConfig?.Type, options: HostConfig?.LogConfig?.Config },
    ports: container.publish.map(({ hostAddress, hostPort, containerPort }) => ({
      host_ip: hostAddress,
      published: String(hostPort),
      target: containerPort,
      protocol: 'tcp',
    })),
    ...networksOf(container),
    ...fence(container, HostConfig),
  }
}

const network = ({ name, subnet, dynamicRange, ipv6Subnet, internal }: DesiredNetwork, owner: Ownership) => ({
  name,
  driver: 'bridge',
  internal,
  enable_ipv6: ipv6Subnet !== 'none',
  ipam: {
    config: [{ subnet, ip_range: dynamicRange }, ...(ipv6Subnet === 'none' ? [] : [{ subnet: ipv6Subnet }])],
  },
  labels: ownLabels(owner),
})

/** Compose takes a dollar sign for the begin of a variable, and two for one. */
const withoutVariables = (_key: string, value: unknown): unknown =>
  typeof value === 'string' ? value.replaceAll('$', '$$$$') : value

/**
 * The compose file of the very containers and networks that the operator would make, labels included. JSON is YAML.
 * See https://github.com/compose-spec/compose-spec.
 */
export const composeFile = ({ containers, networks, tree }: DesiredTenant, owner: Ownership): string =>
  JSON.stringify(
    {
      services: Object.fromEntries(containers.map((container) => [container.name, service(container, owner, tree)])),
      networks: Object.fromEntries(networks.map((one) => [one.name, network(one, owner)])),
    },
    withoutVariables,
    2,
  )
