import { type Bandwidth, UNLIMITED, type Unenforced } from '../../plan/resources.ts'
import type { HostSettings } from '../../plan/settings.ts'
import { TerminalError, WaitingError } from '../../ports/errors.ts'
import type { Shapers } from '../../ports/host.ts'
import type { Clock } from '../../ports/store.ts'
import { interfaceMark, readMark } from './nic-observation.ts'
import { ProgramError, type RunProgram } from './program.ts'
import { createShapingTable } from './shaping-observation.ts'
import { redirectLines, shapeLine } from './shaping-rules.ts'

const NIC_AGAIN_MS = 2000
/** What passes between a packet's arrival and its queue: the queue itself is the bucket's. */
const PASSING_PACKETS = 32
/** The longest name of an interface, IFNAMSIZ less its end. */
const NAME = /^[a-z][a-z0-9]{0,14}$/
/** What the kernel says of a kind of interface, queue, filter or action that it hasn't got (net/sched/*.c, rtnetlink.c). */
const UNSUPPORTED =
  /Unknown device type|qdisc kind is unknown|classifier not found|[Ff]ailed to load TC action|TC action .*not found/

export interface ShapersOptions {
  readonly settings: HostSettings
  readonly runProgram: RunProgram
  readonly clock: Clock
}

const checkedName = (name: string): string => {
  if (NAME.test(name)) return name
  throw new RangeError(`${JSON.stringify(name)} can't name an interface`)
}

/** The interface through which passes what a tenant sends. NICs end in a digit, so it is none of theirs. */
export const outwardInterface = (nic: string): string => checkedName(`${checkedName(nic)}o`)

/**
 * Rates by tc(8), on the host end of the NIC, where the tenant can't reach them. Toward the tenant the host end sends, so
 * its own queue is shaped. What comes from the tenant arrives there, where nothing can wait: it takes the way through an
 * intermediate functional block of the tenant's own, whose queue is shaped.
 */
export const createShapers = ({ settings, runProgram, clock }: ShapersOptions): Shapers => {
  const table = createShapingTable(runProgram, clock)
  let unsupported: Unenforced | undefined
  const markOf = (name: string) => interfaceMark(settings.instance, name)

  const isOurs = (name: string): boolean => {
    const standing = readMark(name)
    if (standing === undefined) return false
    if (standing === markOf(name)) return true
    throw new TerminalError('NameTaken', `the interface ${name} is not Palisade's`)
  }

  const tc = (lines: readonly string[]) => runProgram('tc', ['-batch', '-'], { input: lines.join('\n') })

  const observe = async (nic: string): Promise<Bandwidth> => {
    const block = outwardInterface(nic)
    const [host, outward] = await Promise.all([table.read(nic), table.read(block)])
    const isShaped = host.hasIngress && outward.isFed && readMark(block) === markOf(block)
    return { in: host.rate, out: isShaped ? outward.rate : UNLIMITED }
  }

  const shapeInward = async (nic: string, rate: number): Promise<void> => {
    if (rate !== UNLIMITED) await tc([shapeLine(nic, rate)])
    else if ((await table.read(nic)).hasBucket) await tc([`qdisc delete dev ${nic} root`])
  }

  const dropOutward = async (nic: string): Promise<void> => {
    const block = outwardInterface(nic)
    if (readMark(nic) !== undefined && (await table.read(nic)).hasIngress) await tc([`qdisc delete dev ${nic} ingress`])
    if (isOurs(block)) await runProgram('ip', ['link', 'delete', 'dev', block])
  }

  const shapeOutward = async (nic: string, rate: number): Promise<void> => {
    if (rate === UNLIMITED) return dropOutward(nic)
    const block = outwardInterface(nic)
    if (!isOurs(block)) {
      const made = ['name', block, 'address', markOf(block), 'txqueuelen', `${PASSING_PACKETS}`, 'type', 'ifb']
      await runProgram('ip', ['link', 'add', ...made])
    }
    await runProgram('ip', ['link', 'set', 'dev', block, 'up'])
    await tc([shapeLine(block, rate)])
    const [host, outward] = await Promise.all([table.read(nic), table.read(block)])
    if (host.hasIngress && outward.isFed) return
    await tc([...(host.hasIngress ? [`qdisc delete dev ${nic} ingress`] : []), ...redirectLines(nic, block)])
  }

  const set = async (nic: string, wanted: Bandwidth): Promise<void> => {
    try {
      await shapeInward(nic, wanted.in)
      await shapeOutward(nic, wanted.out)
    } catch (error) {
      if (!(error instanceof ProgramError && UNSUPPORTED.test(error.stderr))) throw error
      const message = `the kernel can't limit bandwidth: ${error.stderr}`
      unsupported = { reason: 'BandwidthUnsupported', message }
    }
  }

  return {
    observe: async ({ interface: nic }) => {
      if (unsupported !== undefined) return unsupported
      return readMark(checkedName(nic)) === markOf(nic) ? observe(nic) : { in: UNLIMITED, out: UNLIMITED }
    },

    async ensure(account, { interface: nic }, wanted) {
      if (!isOurs(checkedName(nic)))
        throw new WaitingError('NicNotReady', `the interface of ${account} does not stand`, NIC_AGAIN_MS)
      table.forget()
      try {
        await set(nic, wanted)
      } finally {
        table.forget()
      }
    },

    async drop(nic) {
      table.forget()
      try {
        if (readMark(checkedName(nic)) === markOf(nic)) await shapeInward(nic, UNLIMITED)
        await dropOutward(nic)
      } finally {
        table.forget()
      }
    },
  }
}
