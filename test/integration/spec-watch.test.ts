import { mkdir, mkdtemp, open, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemClock } from '../../src/drivers/clock.ts'
import { watchSpecs } from '../../src/sources/spec-watch.ts'

const DEADLINE_MS = 10_000
/** Long enough for every call that one change could cause, the slowest being a file that vanished. */
const AFTERMATH_MS = 600

interface Call {
  readonly at: number
  readonly unsettled: ReadonlySet<string>
}

let base: string
let directory: string
let calls: Call[]
let abort: AbortController
let watching: Promise<void>

const never = new AbortController().signal
const elapse = (ms: number): Promise<void> => systemClock.sleep(ms, never)

const eventually = async (condition: () => boolean): Promise<void> => {
  const deadline = performance.now() + DEADLINE_MS
  while (!condition()) {
    if (performance.now() > deadline) throw new Error('it did not happen in time')
    await elapse(2)
  }
}

/** Calls from now on until the first one and its aftermath are over. */
const callsAfter = async (change: () => Promise<unknown>): Promise<{ calls: Call[]; firstAfterMs: number }> => {
  calls.length = 0
  await change()
  const changed = performance.now()
  await eventually(() => calls.length > 0)
  const firstAfterMs = (calls[0]?.at ?? 0) - changed
  await elapse(AFTERMATH_MS)
  return { calls: [...calls], firstAfterMs }
}

const start = async (): Promise<void> => {
  watching = watchSpecs(directory, {
    onChange: (unsettled) => calls.push({ at: performance.now(), unsettled }),
    clock: systemClock,
    signal: abort.signal,
    logger: { debug: () => undefined, warn: () => undefined },
  })
  await eventually(() => calls.length > 0)
}

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'palisade-watch-'))
  directory = join(base, 'specs')
  await mkdir(directory)
  await writeFile(join(directory, 'a.yaml'), 'a: 1\n')
  calls = []
  abort = new AbortController()
})

afterEach(async () => {
  abort.abort()
  await watching
  await rm(base, { recursive: true, force: true })
})

test('each edit is told once', async () => {
  await start()
  for (let edit = 0; edit < 10; edit++) {
    const told = await callsAfter(() => writeFile(join(directory, 'a.yaml'), `a: ${edit}\n`))
    expect(told.calls).toHaveLength(1)
  }
})

test('an atomic rename over the file', async () => {
  await start()
  const temporary = join(directory, '.a.yaml.new')
  const told = await callsAfter(async () => {
    await writeFile(temporary, 'a: 2\n')
    await rename(temporary, join(directory, 'a.yaml'))
  })
  expect(told.calls).toHaveLength(1)
  expect(told.firstAfterMs).toBeLessThan(900)
})

test("Vim's way: the file is moved away and written anew", async () => {
  await start()
  const file = join(directory, 'a.yaml')
  const told = await callsAfter(async () => {
    await rename(file, `${file}~`)
    await writeFile(file, 'a: 3\n')
    await rm(`${file}~`)
  })
  expect(told.calls).toHaveLength(1)
  expect(told.firstAfterMs).toBeLessThan(900)
})

test('a file without a newline at its end waits, unless it is completed', async () => {
  await start()
  const handle = await open(join(directory, 'b.yaml'), 'w')
  try {
    calls.length = 0
    await handle.write('half: ')
    await elapse(500)
    expect(calls).toEqual([])
    const told = await callsAfter(() => handle.write('whole\n'))
    expect(told.calls).toHaveLength(1)
    expect(told.firstAfterMs).toBeLessThan(900)
  } finally {
    await handle.close()
  }
  const told = await callsAfter(() => writeFile(join(directory, 'c.yaml'), 'no: newline'))
  expect(told.firstAfterMs).toBeGreaterThan(900)
})

test('a file in the making is named while another changes', async () => {
  await start()
  const half = join(directory, 'half.yaml')
  await writeFile(half, 'a:')
  const told = await callsAfter(() => writeFile(join(directory, 'a.yaml'), 'a: 4\n'))
  expect([...(told.calls[0]?.unsettled ?? [])]).toEqual([half])
})

test('a file that is removed counts only when it stays away', async () => {
  await start()
  const told = await callsAfter(() => rm(join(directory, 'a.yaml')))
  expect(told.calls).toHaveLength(1)
  expect(told.firstAfterMs).toBeGreaterThan(200)
})

test('a checkout that touches hundreds of files is told in a few calls', async () => {
  await start()
  await mkdir(join(directory, 'accounts'))
  const told = await callsAfter(async () => {
    for (let file = 0; file < 300; file++) {
      await writeFile(join(directory, 'accounts', `f${file}.yaml`), `a: ${file}\n`)
    }
  })
  // At most one per half a second, however slow the machine writes; far fewer than files in any case.
  expect(told.calls.length).toBeLessThan(30)
  const again = await callsAfter(() => writeFile(join(directory, 'accounts', 'f7.yaml'), 'a: again\n'))
  expect(again.calls).toHaveLength(1)
})

test('a directory below is replaced by another one of its name', async () => {
  const accounts = join(directory, 'accounts')
  await mkdir(join(accounts, 'deep'), { recursive: true })
  await start()
  await callsAfter(async () => {
    await rename(accounts, join(base, 'away'))
    await mkdir(join(accounts, 'deep'), { recursive: true })
    await writeFile(join(accounts, 'deep', 'b.yaml'), 'b: 1\n')
  })
  const told = await callsAfter(() => writeFile(join(accounts, 'deep', 'b.yaml'), 'b: 2\n'))
  expect(told.calls).toHaveLength(1)
  calls.length = 0
  await writeFile(join(base, 'away', 'deep', 'b.yaml'), 'b: 3\n')
  await elapse(AFTERMATH_MS)
  expect(calls).toEqual([])
})

test('what editors and Git leave is not told', async () => {
  await start()
  await mkdir(join(directory, '.git'))
  calls.length = 0
  for (const name of ['.git/index.yaml', 'a.yaml~', '.a.yaml.swp', '#a.yaml#', '4913', 'notes.txt']) {
    await writeFile(join(directory, name), 'x\n')
  }
  await elapse(AFTERMATH_MS)
  expect(calls).toEqual([])
})

test('the directory is removed and made again', async () => {
  await start()
  await callsAfter(() => rm(directory, { recursive: true }))
  await callsAfter(async () => {
    await mkdir(directory)
    await writeFile(join(directory, 'a.yaml'), 'a: 5\n')
  })
  await elapse(2000)
  const told = await callsAfter(() => writeFile(join(directory, 'a.yaml'), 'a: 6\n'))
  expect(told.calls).toHaveLength(1)
})

test('a link to the directory is turned to another one', async () => {
  const other = join(base, 'other')
  await mkdir(other)
  const real = directory
  directory = join(base, 'current')
  await symlink(real, directory)
  await start()
  await callsAfter(async () => {
    await symlink(other, join(base, 'next'))
    await rename(join(base, 'next'), directory)
  })
  await elapse(1500)
  const told = await callsAfter(() => writeFile(join(other, 'a.yaml'), 'a: 1\n'))
  expect(told.calls).toHaveLength(1)
})
