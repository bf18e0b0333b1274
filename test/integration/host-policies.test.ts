import { afterAll } from 'vitest'
import { describeFirewall } from '../contract/host-firewall.ts'
import { driversOf, removeDirectories, settings, tenant } from './host-scene.ts'

afterAll(removeDirectories)

describeFirewall('nftables', () => ({
  firewall: driversOf(settings).firewall,
  allocations: [tenant('ptcone', 52).allocation, tenant('ptctwo', 53).allocation],
}))
