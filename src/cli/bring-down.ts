import { rm } from 'node:fs/promises'
import { deleteAccount } from '../control/account-deletion.ts'
import { execute } from '../control/execute.ts'
import { makeExecutors } from '../control/executors.ts'
import { markStopped } from '../control/mark-stopped.ts'
import { runProgram } from '../drivers/host/program.ts'
import { unmountStorageImage } from '../drivers/quotas/storage-image.ts'
import { acquireLock, type Lock } from '../drivers/store/lock.ts'
import { allocationOf } from '../plan/allocation.ts'
import { makeStopPlan } from '../plan/make-stop-plan.ts'
import { type HostSettings, hostLayout } from '../plan/settings.ts'
import type { Images } from '../ports/engine.ts'
import { TerminalError } from '../ports/errors.ts'
import type { Ports } from '../ports/ports.ts'
import type { AccountRecord } from '../ports/store.ts'
import type { DownOptions } from './down.ts'
import { EXIT } from './exit-codes.ts'
import { recipesHere } from './image-cache.ts'
import type { Io } from './io.ts'
import { realHost } from './real-ports.ts'
import { openSpecs, settingsInForce } from './specs.ts'
import { DAEMON_ENDS_WITHIN_MS, stopDaemon } from './stop-daemon.ts'

const STEPS_AT_ONCE = 8

const noImages: Images = {
  archive: async (image) => {
    throw new TerminalError('ImageUnavailable', `nothing is loaded while stopping: ${image}`)
  },
}

/** The daemon lets go of its lock last. */
const takeLock = async (settings: HostSettings, io: Io): Promise<Lock> => {
  const deadline = io.clock.now() + DAEMON_ENDS_WITHIN_MS
  for (;;) {
    try {
      return await acquireLock(hostLayout(settings).lock)
    } catch (error) {
      if (io.clock.now() > deadline) throw error
      await io.clock.sleep(100, io.signal)
    }
  }
}

const stopTenant = async (ports: Ports, record: AccountRecord, settings: HostSettings, io: Io): Promise<void> => {
  const allocation = allocationOf(settings, record.index)
  const tenant = { account: record.name, allocation }
  const plan = makeStopPlan({ ...tenant, inventory: new Set(record.inventory) })
  const { failures } = await execute(plan, makeExecutors(ports, tenant), {
    signal: io.signal,
    concurrency: STEPS_AT_ONCE,
  })
  const [failure] = failures
  if (failure !== undefined) throw failure.error
  await markStopped(ports.store, ports.clock, record.name)
}

const purgeTenant = (ports: Ports, record: AccountRecord, settings: HostSettings, io: Io): Promise<void> =>
  deleteAccount(record, settings, false, {
    ports,
    concurrency: STEPS_AT_ONCE,
    signal: io.signal,
    onStep: async () => undefined,
  })

const endTenants = async (ports: Ports, settings: HostSettings, { purge }: DownOptions, io: Io): Promise<void> => {
  for (const account of await ports.store.listRecords()) {
    const record = await ports.store.readRecord(account)
    if (record === undefined) continue
    io.stderr.write(`${purge ? 'removing' : 'stopping'} ${account}\n`)
    await (purge ? purgeTenant(ports, record, settings, io) : stopTenant(ports, record, settings, io))
  }
}

/** Stops the daemon, the tenants, the edge and the name server; with `purge`, removes them. */
export const bringDown = async (options: DownOptions, io: Io): Promise<number> => {
  io.stderr.write('stopping the daemon\n')
  await stopDaemon(options, io)
  const flags = { stateDirectory: options.state, runDirectory: options['run-dir'] }
  const view = await openSpecs(options.specs, await recipesHere(), flags)
  const settings = await settingsInForce(view, flags)
  const lock = await takeLock(settings, io)
  try {
    const { ports } = realHost(settings, noImages, io.signal)
    await endTenants(ports, settings, options, io)
    io.stderr.write('stopping the edge and the name server\n')
    await ports.edgeServer.stop()
    await ports.nameServer.stop()
    await ports.firewall.drop()
    await ports.confinement.drop()
  } finally {
    await lock.release()
  }
  await rm(options['run-dir'], { recursive: true, force: true })
  const { trees, archive } = hostLayout(settings)
  if (options.purge) for (const directory of [trees, archive]) await rm(directory, { recursive: true, force: true })
  const { storageImage: image, dataRoot } = settings
  if (image !== 'none') await unmountStorageImage({ image, dataRoot, runProgram })
  if (options.purge) await rm(options.state, { recursive: true, force: true })
  io.stdout.write(
    options.purge
      ? `nothing of Palisade runs or stands any more; your specs are in ${options.specs}\n`
      : 'stopped; palisade up starts it again, with all data\n',
  )
  return EXIT.ok
}
