import { createHash } from 'node:crypto'
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { HostSettings } from '../../plan/settings.ts'
import type { Firewall } from '../../ports/host.ts'
import { nftName, renderRules } from './firewall-rules.ts'
import { readKernelFile, writeKernelFile } from './kernel-files.ts'
import { ProgramError, type RunProgram } from './program.ts'

const FORWARDING = '/proc/sys/net/ipv4/ip_forward'

export interface FirewallOptions {
  readonly settings: HostSettings
  readonly runProgram: RunProgram
  /** Addresses of the host's resolvers. */
  readonly resolvers: readonly string[]
}

/** What was loaded, so that every later change of the live table shows, whoever made it. */
interface Loaded {
  readonly rules: string
  /** Digest of the table as the kernel lists it. */
  readonly listing: string
  /** What the host's IPv4 forwarding was before us. */
  readonly forwardingBefore: string
}

const digest = (text: string): string => createHash('sha256').update(text).digest('hex')

const readLoaded = (path: string): Loaded | undefined => {
  const text = readKernelFile(path)
  if (text === undefined) return undefined
  const [rules, listing, forwardingBefore] = text.split(' ')
  return rules && listing && forwardingBefore ? { rules, listing, forwardingBefore } : undefined
}

/** Packet rules by nftables. Other tables of the host are left alone. */
export const createFirewall = ({ settings, runProgram, resolvers }: FirewallOptions): Firewall => {
  const file = join(settings.runDirectory, 'firewall')
  const name = nftName(settings.instance)
  const rules = renderRules(settings, resolvers)

  const list = async (): Promise<string | undefined> => {
    try {
      return await runProgram('nft', ['--stateless', 'list', 'table', 'inet', name])
    } catch (error) {
      if (error instanceof ProgramError && error.stderr.includes('No such file or directory')) return undefined
      throw error
    }
  }

  const remember = (loaded: Loaded): void => {
    mkdirSync(settings.runDirectory, { recursive: true, mode: 0o755 })
    writeFileSync(`${file}.new`, `${loaded.rules} ${loaded.listing} ${loaded.forwardingBefore}\n`, { mode: 0o600 })
    renameSync(`${file}.new`, file)
  }

  return {
    async observe() {
      const listing = await list()
      if (listing === undefined) return 'absent'
      const loaded = readLoaded(file)
      const isReady =
        loaded?.rules === digest(rules) && loaded.listing === digest(listing) && readKernelFile(FORWARDING) === '1'
      return isReady ? 'ready' : 'stale'
    },

    async ensure() {
      const forwardingBefore = readLoaded(file)?.forwardingBefore ?? readKernelFile(FORWARDING) ?? '0'
      // The first line makes the second one work on a host without the table; all three are one transaction.
      const input = `add table inet ${name}\ndelete table inet ${name}\n${rules}`
      await runProgram('nft', ['--file', '-'], { input })
      remember({ rules: digest(rules), listing: digest((await list()) ?? ''), forwardingBefore })
      // After the rules: nothing is forwarded for a tenant without them.
      if (readKernelFile(FORWARDING) !== '1') writeKernelFile(FORWARDING, '1')
    },

    async drop() {
      const loaded = readLoaded(file)
      if (loaded?.forwardingBefore === '0') writeKernelFile(FORWARDING, '0')
      if ((await list()) !== undefined) await runProgram('nft', ['delete', 'table', 'inet', name])
      rmSync(file, { force: true })
    },
  }
}
