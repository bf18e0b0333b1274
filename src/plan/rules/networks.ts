import { isSameNetwork } from '../networks.ts'
import type { Planning } from '../plan-builder.ts'

export const planNetworks = ({ desired, observed, builder }: Planning): void => {
  for (const network of desired.networks) {
    const seen = observed.networks.get(network.name)
    if (seen !== undefined && isSameNetwork(seen, network)) continue
    const target = `network/${network.name}` as const
    const needs = [`engine/${desired.account}`] as const
    if (seen !== undefined)
      builder.add({
        action: 'removeNetwork',
        args: { name: network.name },
        target,
        cause: `the network ${network.name} has other subnets or another way out`,
        needs,
      })
    const cause = seen === undefined ? `the network ${network.name} is missing` : `the network ${network.name} differs`
    builder.add({ action: 'createNetwork', args: { network }, target, cause, needs })
  }
}

export const planStaleNetworks = ({ desired, observed, builder }: Planning): void => {
  const wanted = new Set(desired.networks.map(({ name }) => name))
  for (const name of observed.networks.keys()) {
    if (wanted.has(name)) continue
    builder.add({
      action: 'removeNetwork',
      args: { name },
      target: `network/${name}`,
      cause: `nothing wants the network ${name} any more`,
      needs: [...observed.containers.keys()].map((container) => `container/${container}` as const),
    })
  }
}
