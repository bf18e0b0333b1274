import type { HostSettings } from '../../plan/settings.ts'
import type { Engines } from '../../ports/engine.ts'
import type { Clock } from '../../ports/store.ts'
import type { Fence } from './container-options.ts'
import {
  connectNetwork,
  createContainer,
  removeContainer,
  signalContainer,
  startContainer,
  stopContainers,
  updateContainer,
} from './containers.ts'
import { engineClient } from './engine-client.ts'
import { engineEvents } from './engine-events.ts'
import { loadImage, removeImage } from './images.ts'
import { awaitJob, startJob } from './jobs.ts'
import { readLogs } from './logs.ts'
import { createNetwork, removeNetwork } from './networks.ts'
import { probe } from './probe.ts'
import { observeEngine } from './snapshot.ts'

const CHECK_TIMEOUT_MS = 10_000

/**
 * Tenants' Docker engines, each behind its own socket. Every method throws WaitingError `EngineUnavailable` while the
 * engine does not answer, and TerminalError `SocketRefused` when something else stands in the socket's place. Containers
 * run under the AppArmor profile that is named, which root has to have loaded.
 */
export const dockerEngines = (
  settings: HostSettings,
  clock: Clock,
  apparmorProfile: Fence['apparmorProfile'],
): Engines => {
  const useEngine = engineClient(settings, apparmorProfile)
  return {
    observe: (account) => useEngine(account, observeEngine),
    createNetwork: (account, network) => useEngine(account, (engine) => createNetwork(engine, network)),
    removeNetwork: (account, name) => useEngine(account, (engine) => removeNetwork(engine, name)),
    createContainer: (account, container, digest) =>
      useEngine(account, (engine) => createContainer(engine, container, digest)),
    startContainer: (account, name) => useEngine(account, (engine) => startContainer(engine, name)),
    removeContainer: (account, name) => useEngine(account, (engine) => removeContainer(engine, name)),
    stopContainers: (account) => useEngine(account, stopContainers),
    updateContainer: (account, name, limits) => useEngine(account, (engine) => updateContainer(engine, name, limits)),
    connectNetwork: (account, name, attachment) =>
      useEngine(account, (engine) => connectNetwork(engine, name, attachment)),
    signal: (account, name, signal) => useEngine(account, (engine) => signalContainer(engine, name, signal)),
    probe: (account, container, signal) =>
      useEngine(account, (engine) => probe(engine, container.name, container.health, signal)),
    check: (account, name, command, signal) =>
      useEngine(account, (engine) => probe(engine, name, { command, timeoutMs: CHECK_TIMEOUT_MS }, signal)),
    startJob: (account, container) => useEngine(account, (engine) => startJob(engine, container)),
    awaitJob: (account, name, timeoutMs, signal) =>
      useEngine(account, (engine) => awaitJob(engine, name, { timeoutMs, clock, signal })),
    loadImage: (account, image, archivePath) => loadImage(useEngine, account, image, archivePath),
    removeImage: (account, name) => useEngine(account, (engine) => removeImage(engine, name)),
    logs: (account, name, lines) => useEngine(account, (engine) => readLogs(engine, name, lines)),
    events: (account, signal) => engineEvents(useEngine, account, signal),
  }
}
