import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { formatProblem } from '../api/problem.ts'
import { allKinds } from '../kinds/all-kinds.ts'
import { canonicalJson } from '../plan/digest.ts'
import { loadSpecs } from './load-specs.ts'
import { loadSpecContext } from './spec-context.ts'
import type { SpecCache } from './spec-files.ts'
import { SpecJudge } from './spec-judge.ts'
import type { SpecSet } from './spec-set.ts'
import { SpecView } from './spec-view.ts'

const IMAGES = new Map(
  ['nginx', 'php-8.2', 'php-8.4', 'mariadb-10.11'].map((recipe) => [recipe, `palisade/${recipe}:test`]),
)
const context = await loadSpecContext(allKinds, IMAGES)

const object = (kind: string, name: string, spec: string): string =>
  `---\napiVersion: palisade.dev/v1\nkind: ${kind}\nmetadata: { name: ${name} }\nspec: ${spec}\n`
const account = (name: string, spec = '{}'): string => object('Account', name, spec)
const plan = (name: string, memory: string): string =>
  object('Plan', name, `{ ceilings: { limits: { memory: ${memory} } } }`)
const catalog = (name: string, recipe: string): string =>
  object('Catalog', name, `{ services: [{ kind: php, versions: [{ version: "8.2", recipe: ${recipe} }] }] }`)

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'palisade-view-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const write = async (path: string, text: string): Promise<void> => {
  const file = join(directory, path)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, text)
}

/** Each object that matters to another one, right and wrong, alone and together. */
const TEXTS = [
  '# nothing\n',
  account('alice'),
  account('alice', '{ plan: starter }'),
  account('alice', '{ plan: starter, limits: { memory: 3Gi } }'),
  account('alice', '{ sites: [{ domain: a.test, runtime: { php: "8.2" } }] }'),
  account('bob', '{ sites: [{ domain: a.test, seed: site }] }'),
  account('bob', '{ plan: gold }'),
  account('bob', '{ x: 1 }'),
  account('bob', '{ databases: [{ engine: mariadb, version: "10.11" }] }'),
  account('carol') + account('alice'),
  plan('starter', '4Gi'),
  plan('starter', '2Gi'),
  plan('gold', '4Gi') + account('carol', '{ plan: gold }'),
  object('Plan', 'starter', '{ x: 1 }'),
  catalog('mine', 'php-8.2'),
  catalog('mine', 'php-8.4'),
  catalog('other', 'php-8.4'),
  catalog('mine', 'php-0'),
  object('Host', 'one', '{}'),
  object('Host', 'two', '{ resync: 1h }'),
  object('Host', 'two', '{ images: { prefer: registry } }'),
  object('Host', 'two', '{ images: { prefer: nobody } }'),
]
/** Loads are many, and the machine may be busy. */
const PROPERTY_MS = 60_000
const FILES = ['a.yaml', 'b.yaml', 'sub/c.yaml', 'd.yml']

type Change =
  | { readonly change: 'write'; readonly file: string; readonly text: string }
  | { readonly change: 'remove'; readonly path: string }
  | { readonly change: 'seed'; readonly path: string }

const changes = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        change: fc.constant('write' as const),
        file: fc.constantFrom(...FILES),
        text: fc.constantFrom(...TEXTS),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        change: fc.constant('remove' as const),
        path: fc.constantFrom(...FILES, 'sub', 'site'),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ change: fc.constant('seed' as const), path: fc.constantFrom('site', 'sub/site') }),
    },
  ),
  { minLength: 1, maxLength: 12 },
)

const apply = async (one: Change): Promise<void> => {
  if (one.change === 'write') await write(one.file, one.text)
  else if (one.change === 'seed') await mkdir(join(directory, one.path), { recursive: true })
  else await rm(join(directory, one.path), { recursive: true, force: true })
}

/** All that a set says, in a form that can be compared. */
const said = (set: SpecSet): unknown => ({
  ...set,
  accounts: [...set.accounts.values()].map(({ name, position, object: { value }, resolved }) => ({
    ...{ name, position, value, resolved },
  })),
  accountNames: [...set.accountNames],
  plans: [...set.plans.values()].map(({ value, position }) => ({ value, position })),
  host: typeof set.host === 'string' ? set.host : set.host.value,
  problems: set.problems.map(formatProblem),
})

const verdicts = (view: SpecView): ReadonlyMap<string, string> =>
  new Map(['alice', 'bob', 'carol'].map((name) => [name, canonicalJson(view.find(name))]))

/** Neither verdict is about the account itself. */
const isSilent = (...pair: readonly (string | undefined)[]): boolean =>
  pair.every((verdict) => verdict !== undefined && /"state":"(unknown|absent)"/.test(verdict))

describe('after any changes', () => {
  test(
    'a load that judges only what changed says what one says that knows nothing',
    async () => {
      await fc.assert(
        fc
          .asyncProperty(changes, async (sequence) => {
            const cache: SpecCache = new Map()
            const judge = new SpecJudge()
            for (const change of sequence) {
              await apply(change)
              const remembering = await loadSpecs(directory, context, { cache, judge })
              expect(said(remembering)).toEqual(said(await loadSpecs(directory, context)))
            }
          })
          .beforeEach(async () => {
            await rm(directory, { recursive: true, force: true })
            await mkdir(directory)
          }),
        { numRuns: 60 },
      )
    },
    PROPERTY_MS,
  )

  test(
    'a reload names exactly those accounts of which something else is said',
    async () => {
      await fc.assert(
        fc
          .asyncProperty(changes, async (sequence) => {
            const view = await SpecView.open(directory, context)
            for (const change of sequence) {
              const before = verdicts(view)
              await apply(change)
              const told = await view.reload()
              const now = verdicts(view)
              const changed = [...now.keys()].filter((name) => before.get(name) !== now.get(name))
              expect(changed).toEqual(expect.arrayContaining([...told]))
              // Of an account that nobody speaks of there is nothing to tell, also when nothing can be read.
              const untold = changed.filter((name) => !told.includes(name))
              expect(untold.filter((name) => !isSilent(before.get(name), now.get(name)))).toEqual([])
            }
          })
          .beforeEach(async () => {
            await rm(directory, { recursive: true, force: true })
            await mkdir(directory)
          }),
        { numRuns: 60 },
      )
    },
    PROPERTY_MS,
  )
})

describe('what images are preferred', () => {
  const DATABASE = account('alice', '{ databases: [{ engine: mariadb, version: "10.11" }] }')
  const sources = (view: SpecView) =>
    view
      .images()
      .filter(({ name }) => name.includes('mariadb'))
      .map(({ sources: [first] }) => first?.from)

  test('is decided by the Host, live, and stays while that is broken', async () => {
    await write('a.yaml', DATABASE)
    const view = await SpecView.open(directory, context)
    expect(sources(view)).toEqual(['recipe'])
    await write('host.yaml', object('Host', 'h', '{ images: { prefer: registry } }'))
    expect(await view.reload()).toEqual(['alice'])
    expect(sources(view)).toEqual(['registry'])
    await write('host.yaml', object('Host', 'h', '{ images: { prefer: reg } }'))
    expect(await view.reload()).toEqual([])
    expect(sources(view)).toEqual(['registry'])
    await rm(join(directory, 'host.yaml'))
    expect(await view.reload()).toEqual(['alice'])
    expect(sources(view)).toEqual(['recipe'])
  })

  test('is as before when the Host is broken from the start', async () => {
    await write('a.yaml', DATABASE + object('Host', 'h', '{ images: 1 }'))
    expect(sources(await SpecView.open(directory, context, { imagePreference: 'registry' }))).toEqual(['registry'])
  })
})

describe('reload', () => {
  test('judges no account again when another one changed', async () => {
    await write('a.yaml', account('alice'))
    await write('b.yaml', account('bob'))
    const view = await SpecView.open(directory, context)
    const judged = () => {
      const verdict = view.find('alice')
      return verdict.state === 'valid' ? verdict.resolved : expect.fail(`alice is ${verdict.state}`)
    }
    const stays = async () => {
      const before = judged()
      await view.reload()
      return judged() === before
    }
    // What was just written is read again, since its stamp may hide a change.
    await expect.poll(stays).toBe(true)
    await write('b.yaml', account('bob', '{ limits: { cpu: "2" } }'))
    expect(await stays()).toBe(true)
    expect(view.find('bob')).toMatchObject({ resolved: { limits: { cpuMillis: 2_000 } } })
  })

  test('a plan changes its accounts, a comment nothing', async () => {
    await write('p.yaml', plan('starter', '4Gi'))
    await write('a.yaml', account('alice', '{ plan: starter, limits: { memory: 3Gi } }'))
    await write('b.yaml', account('bob'))
    const view = await SpecView.open(directory, context)
    await write('p.yaml', plan('starter', '2Gi'))
    expect(await view.reload()).toEqual(['alice'])
    await write('b.yaml', `# hello\n${account('bob')}`)
    expect(await view.reload()).toEqual([])
  })

  test('tells once of an account that is gone, also when a broken file has hidden that at first', async () => {
    await write('a.yaml', account('alice'))
    await write('b.yaml', account('bob'))
    const view = await SpecView.open(directory, context)
    await rm(join(directory, 'a.yaml'))
    await write('c.yaml', 'kind: [')
    expect(await view.reload()).toEqual(['alice'])
    expect(view.find('alice').state).toBe('unknown')
    await rm(join(directory, 'c.yaml'))
    expect(await view.reload()).toEqual(['alice'])
    expect(view.find('alice').state).toBe('absent')
    expect(await view.reload()).toEqual([])
  })
})
