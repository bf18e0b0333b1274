import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readRevision } from './spec-revision.ts'

let base: string
let checkout: string

const git = (directory: string, ...args: string[]): string =>
  execFileSync('git', ['-C', directory, '-c', 'user.name=a', '-c', 'user.email=a@a.test', ...args], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' },
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim()

const head = (directory: string): string => git(directory, 'rev-parse', 'HEAD')

beforeEach(async () => {
  base = await realpath(await mkdtemp(join(tmpdir(), 'palisade-revision-')))
  checkout = join(base, 'checkout')
  await mkdir(checkout)
  git(checkout, 'init', '--quiet', '--initial-branch', 'main')
  await mkdir(join(checkout, 'accounts'))
  await writeFile(join(checkout, 'accounts/alice.yaml'), 'a: 1\n')
})
afterEach(() => rm(base, { recursive: true, force: true }))

const commit = (directory: string, ...args: string[]): void => {
  git(directory, 'add', '--all')
  git(directory, 'commit', '--quiet', '--allow-empty', '--message', 'a', ...args)
}

describe('says what git says', () => {
  const states: [string, () => Promise<string>][] = [
    ['after a commit', async () => checkout],
    ['in a directory of the checkout', async () => join(checkout, 'accounts')],
    [
      'after another commit',
      async () => {
        commit(checkout)
        return checkout
      },
    ],
    [
      'with refs that are packed',
      async () => {
        git(checkout, 'pack-refs', '--all')
        return checkout
      },
    ],
    [
      'with a commit after refs were packed',
      async () => {
        git(checkout, 'pack-refs', '--all')
        commit(checkout)
        return checkout
      },
    ],
    [
      'on a branch whose name ends like another one',
      async () => {
        git(checkout, 'branch', 'x/refs/heads/main')
        commit(checkout)
        git(checkout, 'pack-refs', '--all')
        return checkout
      },
    ],
    [
      'with a detached head',
      async () => {
        commit(checkout)
        git(checkout, 'checkout', '--quiet', '--detach', 'HEAD~1')
        return checkout
      },
    ],
    [
      'on a branch that is another name',
      async () => {
        git(checkout, 'symbolic-ref', 'refs/heads/alias', 'refs/heads/main')
        git(checkout, 'symbolic-ref', 'HEAD', 'refs/heads/alias')
        return checkout
      },
    ],
    [
      'in a worktree',
      async () => {
        const worktree = join(base, 'worktree')
        git(checkout, 'worktree', 'add', '--quiet', '-b', 'other', worktree)
        commit(worktree)
        return worktree
      },
    ],
    [
      'in a worktree with refs that are packed',
      async () => {
        const worktree = join(base, 'worktree')
        git(checkout, 'worktree', 'add', '--quiet', '-b', 'other', worktree)
        git(checkout, 'pack-refs', '--all')
        return worktree
      },
    ],
    [
      'in a clone whose repository stands elsewhere',
      async () => {
        const clone = join(base, 'clone')
        git(base, 'clone', '--quiet', '--separate-git-dir', join(base, 'repository'), checkout, clone)
        return clone
      },
    ],
  ]
  test.each(states)('%s', async (_, make) => {
    commit(checkout)
    const directory = await make()
    expect(await readRevision(directory)).toBe(head(directory))
  })
})

describe('says nothing', () => {
  test('of a checkout without a commit', async () => {
    expect(await readRevision(checkout)).toBeUndefined()
  })

  test('of a directory that is in no checkout, or is missing', async () => {
    expect(await readRevision(base)).toBeUndefined()
    expect(await readRevision(join(base, 'nowhere'))).toBeUndefined()
  })

  test.each([
    'ref: ../../outside',
    'ref: refs/../../../outside',
    'ref: HEAD',
    'ref: refs/heads/circle',
    'ref: refs/heads',
    'garbage',
    '',
  ])('when the head is %j', async (text) => {
    await writeFile(join(base, 'outside'), '0'.repeat(40))
    await writeFile(join(checkout, '.git/refs/heads/circle'), 'ref: refs/heads/circle\n')
    await writeFile(join(checkout, '.git/HEAD'), `${text}\n`)
    expect(await readRevision(checkout)).toBeUndefined()
  })

  test('when the head is a pipe that nobody writes to', async () => {
    await rm(join(checkout, '.git/HEAD'))
    execFileSync('mkfifo', [join(checkout, '.git/HEAD')])
    expect(await readRevision(checkout)).toBeUndefined()
  })
})
