import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Logger } from 'pino'

export interface FirewallWatchOptions {
  readonly table: string
  /** Something of the table's rules is gone. */
  readonly onLost: () => void
  readonly logger: Logger
  readonly signal: AbortSignal
}

/** `delete rule inet palisade input handle 7`; see nft(8), monitor. What stands in the sets comes and goes with the accounts. */
const LOST = /^delete (?:table|chain|set|rule) inet (\S+)/

export const losesRules = (line: string, table: string): boolean => LOST.exec(line)?.[1] === table

/** Listens to what the kernel is told to remove from its rules, with one `nft monitor` for the whole host. */
export const watchFirewall = ({ table, onLost, logger, signal }: FirewallWatchOptions): void => {
  const child = spawn('nft', ['monitor', 'destroy'], { signal, stdio: ['ignore', 'pipe', 'ignore'] })
  child.on('error', (error) => {
    if (!signal.aborted) logger.error({ err: error }, 'firewall events are not available')
  })
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (losesRules(line, table)) onLost()
  })
}
