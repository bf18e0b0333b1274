import type { Certificates } from '../../../src/ports/certificates.ts'
import type { World } from './world.ts'

/** Ninety days from the beginning of the simulated clocks. */
const served = {
  issuer: 'Simulated',
  validFrom: Date.UTC(2026, 0, 1),
  validTo: Date.UTC(2026, 3, 1),
  fingerprint: 'simulated',
}

/** What is permitted is issued, unless {@link World.issuingFailures} says why not. */
export const simulatedCertificates = (world: World): Certificates => ({
  async observe(hosts) {
    return new Map(
      hosts.flatMap((host) => {
        const found = world.certificates.get(host)
        return found === undefined ? [] : [[host, found] as const]
      }),
    )
  },
  note: async (host, found) => void world.certificates.set(host, found),
  permit: async (host) => void world.permitted.add(host),
  forbid: async (host) => void world.permitted.delete(host),
  async install(host) {
    world.installed.add(host)
    return served.fingerprint
  },
  async issue(host) {
    world.installed.add(host)
    return served.fingerprint
  },
  uninstall: async (host) => void world.installed.delete(host),
  async ask(host) {
    const isServed = world.installed.has(host) || host.endsWith('.localhost') || world.permitted.has(host)
    return isServed && !world.issuingFailures.has(host) ? served : 'none'
  },
  lastFailure: async (host) => world.issuingFailures.get(host) ?? '',
  forgetAccount: async () => {},
  answer: async (host) => (world.routes.has(host) ? 200 : 404),
  async drop(host) {
    world.permitted.delete(host)
    world.installed.delete(host)
    world.certificates.delete(host)
  },
})
