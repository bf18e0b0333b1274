import { kernelOf } from './offences.ts'
import { fail, notApplicable, pass, type Rule, unless } from './rule.ts'

const PRIVILEGED_PORTS = 1024
const ANY_ADDRESS = new Set(['', '0.0.0.0', '::'])

/** CIS Docker Benchmark 1.6, section 5: how a container is reached. */
export const cisNetwork: readonly Rule[] = [
  {
    id: 'CIS-5.8',
    title: 'No privileged port of the host is mapped',
    severity: 'medium',
    remedy: 'publish another port',
    check: (subject) => {
      const ports = subject.container.configured.ports.filter(({ hostPort }) => hostPort < PRIVILEGED_PORTS)
      if (ports.length === 0) return pass('no privileged port is mapped')
      const isHosts = kernelOf(subject)?.namespaces.net === 'host'
      return isHosts
        ? fail(`it maps ${ports.map(({ hostPort }) => hostPort).join(', ')}`)
        : notApplicable("published in the tenant's network namespace: no port of the host is mapped")
    },
  },
  {
    id: 'CIS-5.9',
    title: 'Only needed ports are open',
    severity: 'medium',
    remedy: 'remove the container, or say in the spec what is to be published',
    check: ({ container }) => {
      const { ports } = container.configured
      if (ports.length === 0) return pass('it publishes none')
      const seen = `it publishes ${ports.map(({ hostAddress, hostPort }) => `${hostAddress}:${hostPort}`).join(', ')}`
      return container.origin === 'foreign' ? fail(`${seen}, and no spec says so`) : pass(seen)
    },
  },
  {
    id: 'CIS-5.14',
    title: 'Incoming traffic is bound to one interface',
    severity: 'medium',
    remedy: "publish on the address of the tenant's NIC",
    check: ({ container }) => {
      const open = container.configured.ports.filter(({ hostAddress }) => ANY_ADDRESS.has(hostAddress))
      return unless(
        open.map(({ hostPort }) => `port ${hostPort} is published on every address`),
        'no port is published on every address',
      )
    },
  },
  {
    id: 'CIS-5.30',
    title: "The engine's default bridge is not used",
    severity: 'low',
    remedy: 'put the container on a network of the spec',
    check: ({ container }) =>
      unless(
        container.configured.networks.filter((name) => name === 'bridge').map(() => 'it is on the network bridge'),
        'it is on no default network',
      ),
  },
]
