import { createHash } from 'node:crypto'
import type { Clock } from '../../ports/store.ts'
import { type Element, readListed } from './firewall-elements.ts'

const STALE_MS = 1000

/** The table as the kernel has it. */
export interface Listing {
  /** Of everything but what stands in the sets, and of what stands there and can't be ours. */
  readonly rulesDigest: string
  /** By interface. */
  readonly elements: Map<string, ReadonlySet<Element>>
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

/** A set without its elements, which go to `elements` unless they can't be ours. */
const takeElements = (set: Record<string, unknown>, elements: Map<string, Set<Element>>): Record<string, unknown> => {
  const { elem, ...declared } = set
  const foreign: unknown[] = []
  for (const listed of Array.isArray(elem) ? elem : []) {
    const read = readListed(String(set.name), listed)
    if (read === undefined) foreign.push(listed)
    else elements.set(read.name, (elements.get(read.name) ?? new Set()).add(read.element))
  }
  return foreign.length === 0 ? declared : { ...declared, elem: foreign }
}

/** Handles count up with each change, and the first object tells of the program. */
const withoutHandle = ({ handle: _handle, ...object }: Record<string, unknown>): Record<string, unknown> => object

/** What `nft --json list table` printed. @throws Error for anything else. */
export const parseListing = (text: string): Listing => {
  const listed: unknown = JSON.parse(text)
  if (!isObject(listed) || !Array.isArray(listed.nftables)) throw new Error('nft lists a table in a way of its own')
  const elements = new Map<string, Set<Element>>()
  const rules = listed.nftables.filter(isObject).flatMap((entry) =>
    Object.entries(entry).flatMap(([type, object]) => {
      if (type === 'metainfo' || !isObject(object)) return []
      return [[type, type === 'set' ? takeElements(withoutHandle(object), elements) : withoutHandle(object)]]
    }),
  )
  return { rulesDigest: createHash('sha256').update(JSON.stringify(rules)).digest('hex'), elements }
}

/** The table's listing, asked for at most once in a second, whoever asks: there is one for all accounts. */
export const createListings = (list: () => Promise<Listing | undefined>, clock: Clock) => {
  let taken = Number.NEGATIVE_INFINITY
  let listing: Promise<Listing | undefined> = Promise.resolve(undefined)
  const retake = (): Promise<Listing | undefined> => {
    taken = clock.now()
    listing = list()
    listing.catch(() => {
      taken = Number.NEGATIVE_INFINITY
    })
    return listing
  }
  return {
    retake,
    read: (): Promise<Listing | undefined> => {
      const age = clock.now() - taken
      return age >= 0 && age < STALE_MS ? listing : retake()
    },
    /** Takes over a change of ours, so that changing one account lists no table. */
    amend(name: string, elements: ReadonlySet<Element>): void {
      listing = listing.then((former) => {
        former?.elements.set(name, elements)
        return former
      })
      listing.catch(() => {})
    },
    forget(): void {
      taken = Number.NEGATIVE_INFINITY
    },
  }
}
