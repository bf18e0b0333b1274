import { isIP } from 'node:net'
import { parseNetwork } from '../../api/ip-network.ts'
import { TerminalError } from '../../ports/errors.ts'

const refuse = (text: string): never => {
  throw new TerminalError(
    'InvalidHost',
    `the name server's configuration can't hold ${JSON.stringify(text.slice(0, 200))}`,
  )
}

/** A string of named.conf(5), of characters that mean nothing in it. @throws TerminalError `InvalidHost` for any other */
export const quotedWord = (text: string): string => (/^[A-Za-z0-9/._+=-]+$/.test(text) ? `"${text}"` : refuse(text))

/** @throws TerminalError `InvalidHost` */
export const addressWord = (text: string): string => (isIP(text) === 0 || text.includes('%') ? refuse(text) : text)

/** A network in CIDR notation. @throws TerminalError `InvalidHost` */
export const networkWord = (text: string): string => (parseNetwork(text) === undefined ? refuse(text) : text)

/** @throws TerminalError `InvalidHost` */
export const portWord = (port: number): string =>
  Number.isInteger(port) && port > 0 && port <= 65_535 ? String(port) : refuse(String(port))

/** A list of elements, each with its semicolon; `none` when there is none. */
export const elements = (items: readonly string[]): string =>
  `{ ${(items.length === 0 ? ['none'] : items).map((item) => `${item}; `).join('')}}`
