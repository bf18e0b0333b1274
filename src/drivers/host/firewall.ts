import { createHash } from 'node:crypto'
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createTurns } from '../../control/turns.ts'
import type { HostSettings } from '../../plan/settings.ts'
import { TerminalError } from '../../ports/errors.ts'
import type { Firewall } from '../../ports/host.ts'
import type { Clock } from '../../ports/store.ts'
import { type Element, elementCommands, elementsOf, policyOf } from './firewall-elements.ts'
import { createListings, type Listing, parseListing } from './firewall-listing.ts'
import { nftName, renderRules } from './firewall-rules.ts'
import { createForwarding } from './forwarding.ts'
import { errorCode, readKernelFile } from './kernel-files.ts'
import { createPolicyFiles } from './policy-files.ts'
import { ProgramError, type RunProgram } from './program.ts'

export interface FirewallOptions {
  readonly settings: HostSettings
  readonly runProgram: RunProgram
  readonly clock: Clock
  /** Addresses of the host's resolvers. */
  readonly resolvers: readonly string[]
}

const NONE: ReadonlySet<Element> = new Set()

const digest = (text: string): string => createHash('sha256').update(text).digest('hex')

const isMissing = (error: unknown): boolean => error instanceof TerminalError && error.reason === 'NftMissing'

type Elements = ReadonlyMap<string, ReadonlySet<Element>>

const areSame = (one: Elements, other: Elements): boolean => {
  const text = (elements: Elements) =>
    JSON.stringify(
      [...elements]
        .filter(([, own]) => own.size > 0)
        .map(([name, own]) => `${name}: ${[...own].sort()}`)
        .sort(),
    )
  return text(one) === text(other)
}

/** nft(8), for one table. */
const createNft = (runProgram: RunProgram, table: string) => {
  /** @throws TerminalError `NftMissing` */
  const run: RunProgram = async (...call) => {
    try {
      return await runProgram(...call)
    } catch (error) {
      if (!(error instanceof ProgramError) || errorCode(error.cause) !== 'ENOENT') throw error
      const message = 'the program nft is missing: install nftables; until then the firewall stays as it is'
      throw new TerminalError('NftMissing', message, { cause: error })
    }
  }
  return {
    /** All of it, or nothing of it. */
    load: async (input: string): Promise<void> => void (await run('nft', ['--file', '-'], { input })),

    async list(): Promise<Listing | undefined> {
      try {
        return parseListing(await run('nft', ['--json', 'list', 'table', 'inet', table]))
      } catch (error) {
        if (error instanceof ProgramError && error.stderr.includes('No such file or directory')) return undefined
        throw error
      }
    },
  }
}

/**
 * What was loaded, so that every later change of the live rules shows, whoever made it: digests of what was written, and
 * of what the kernel lists.
 */
const createMemory = (file: string) => ({
  remembers: (rules: string, listing: Listing): boolean =>
    readKernelFile(file) === `${digest(rules)} ${listing.rulesDigest}`,
  remember(rules: string, listing: Listing | undefined): void {
    writeFileSync(`${file}.new`, `${digest(rules)} ${listing?.rulesDigest ?? ''}\n`, { mode: 0o600 })
    renameSync(`${file}.new`, file)
  },
  forget: (): void => rmSync(file, { force: true }),
})

/** Packet rules by nftables. Other tables of the host are left alone. */
export const createFirewall = ({ settings, runProgram, clock, resolvers }: FirewallOptions): Firewall => {
  const { runDirectory, interfacePrefix } = settings
  const table = nftName(settings.instance)
  const rules = renderRules(settings, resolvers)
  const nft = createNft(runProgram, table)
  const listings = createListings(nft.list, clock)
  const memory = createMemory(join(runDirectory, 'firewall'))
  const files = createPolicyFiles(join(runDirectory, 'policies'))
  const file = join(runDirectory, 'forwarding')
  const forwarding = createForwarding({ file, ipv6: settings.ipv6Pool !== '', interfacePrefix })
  const turns = createTurns()
  /** One change after another: a table that is replaced must not lose a policy that is set meanwhile. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => turns(table, work)

  const replace = async (): Promise<void> => {
    mkdirSync(runDirectory, { recursive: true, mode: 0o755 })
    // The first line makes the second one work on a host without the table; all of it is one transaction.
    const anew = `add table inet ${table}\ndelete table inet ${table}\n${rules}`
    await nft.load(anew + elementCommands('add', table, files.readAll()))
    memory.remember(rules, await listings.retake())
    // After the rules: nothing is forwarded for a tenant without them.
    forwarding.turnOn()
  }

  /** Both in one transaction. */
  const exchange = async (name: string, present: ReadonlySet<Element>, wanted: ReadonlySet<Element>): Promise<void> => {
    const surplus = [...present].filter((one) => !wanted.has(one))
    const lacking = [...wanted].filter((one) => !present.has(one))
    const removal = elementCommands('delete', table, [[name, surplus]])
    await nft.load(removal + elementCommands('add', table, [[name, lacking]]))
    listings.amend(name, wanted)
  }

  const setElements = async (name: string, wanted: ReadonlySet<Element>): Promise<void> => {
    const listing = await listings.read()
    if (listing === undefined || !memory.remembers(rules, listing)) return replace()
    try {
      await exchange(name, listing.elements.get(name) ?? NONE, wanted)
    } catch (error) {
      if (!(error instanceof ProgramError)) throw error
      // Someone has changed the table since it was listed.
      await replace()
    }
  }

  return {
    observe: () =>
      inTurn(async () => {
        const listing = await listings.retake()
        if (listing === undefined) return 'absent'
        const isReady =
          memory.remembers(rules, listing) && areSame(files.readAll(), listing.elements) && forwarding.isOn()
        return isReady ? 'ready' : 'stale'
      }),

    ensure: () => inTurn(replace),

    drop: () =>
      inTurn(async () => {
        forwarding.putBack()
        if ((await listings.retake()) !== undefined) await nft.load(`delete table inet ${table}\n`)
        memory.forget()
        files.removeAll()
        listings.forget()
      }),

    async observePolicy(allocation) {
      try {
        const elements = (await listings.read())?.elements.get(allocation.interface) ?? NONE
        return files.read(allocation.interface) === undefined ? 'absent' : policyOf(elements, allocation)
      } catch (error) {
        // Told by the step that then sets it.
        if (isMissing(error)) return 'absent'
        throw error
      }
    },

    setPolicy: (allocation, policy) =>
      inTurn(async () => {
        const elements = elementsOf(allocation, policy)
        files.write(allocation.interface, elements)
        await setElements(allocation.interface, elements)
      }),

    dropPolicy: (name) =>
      inTurn(async () => {
        files.remove(name)
        if ((await listings.read()) !== undefined) await setElements(name, NONE)
      }),
  }
}
