import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { undefinedIfMissing } from '../system-error.ts'
import { type Element, parseElement } from './firewall-elements.ts'
import { nftInterface } from './firewall-rules.ts'

/** What each interface may pass, one file each, so that a table that is replaced or was lost has them all at once. */
export interface PolicyFiles {
  /** Undefined for a file that is missing or damaged: its account is closed, and its next pass writes it anew. */
  read(interfaceName: string): ReadonlySet<Element> | undefined
  readAll(): ReadonlyMap<string, ReadonlySet<Element>>
  write(interfaceName: string, elements: ReadonlySet<Element>): void
  remove(interfaceName: string): void
  removeAll(): void
}

const parse = (text: string): ReadonlySet<Element> | undefined => {
  try {
    return new Set(text.split('\n').slice(0, -1).map(parseElement))
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

const isInterface = (name: string): boolean => /^[a-z][a-z0-9]{0,14}$/.test(name)

export const createPolicyFiles = (directory: string): PolicyFiles => {
  const pathOf = (name: string): string => {
    nftInterface(name)
    return join(directory, name)
  }

  const read = (name: string): ReadonlySet<Element> | undefined => {
    try {
      return parse(readFileSync(pathOf(name), 'utf8'))
    } catch (error) {
      return undefinedIfMissing(error)
    }
  }

  const names = (): readonly string[] => {
    try {
      return readdirSync(directory).filter(isInterface)
    } catch (error) {
      return undefinedIfMissing(error) ?? []
    }
  }

  return {
    read,
    readAll: () =>
      new Map(
        names().flatMap((name) => {
          const elements = read(name)
          return elements === undefined ? [] : [[name, elements] as const]
        }),
      ),
    write(name, elements) {
      const path = pathOf(name)
      mkdirSync(directory, { recursive: true, mode: 0o700 })
      writeFileSync(`${path}.new`, [...elements].map((one) => `${one}\n`).join(''), { mode: 0o600 })
      renameSync(`${path}.new`, path)
    },
    remove: (name) => rmSync(pathOf(name), { force: true }),
    removeAll: () => rmSync(directory, { recursive: true, force: true }),
  }
}
