import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Logger } from 'pino'

export interface LinkWatchOptions {
  /** Name of an interface of the host that is gone or went down. */
  readonly onLink: (name: string) => void
  readonly logger: Logger
  readonly signal: AbortSignal
}

/** `Deleted 12: pal0@if2: <…>` or `12: pal0@if2: <BROADCAST> … state DOWN`; see ip-monitor(8). */
const LOST = /^(?:Deleted \d+: ([^:@\s]+)|\d+: ([^:@\s]+)[^\n]* state DOWN)/

export const lostLink = (line: string): string | undefined => {
  const match = LOST.exec(line)
  return match?.[1] ?? match?.[2]
}

/** Listens to the kernel's link events, with one `ip monitor` for the whole host. */
export const watchLinks = ({ onLink, logger, signal }: LinkWatchOptions): void => {
  const child = spawn('ip', ['-oneline', 'monitor', 'link'], { signal, stdio: ['ignore', 'pipe', 'ignore'] })
  child.on('error', (error) => {
    if (!signal.aborted) logger.error({ err: error }, 'link events are not available')
  })
  createInterface({ input: child.stdout }).on('line', (line) => {
    const name = lostLink(line)
    if (name !== undefined) onLink(name)
  })
}
