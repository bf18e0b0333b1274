import { createHash } from 'node:crypto'
import { posix } from 'node:path'
import type { OverlayFile } from './overlay.ts'
import type { TarEntry } from './tar-entries.ts'

/** Seconds since the epoch: nothing in an image is younger, so that the same packages make the same bytes. */
export const SOURCE_DATE_EPOCH = 1_767_225_600

/**
 * What no image needs: words for people, service managers, the whole of Perl (its essential part stays), what programs
 * rebuild, and what the host wrote into the root.
 */
export const COMMON_DROP = [
  'boot/*',
  'dev/*',
  'etc/cron.*',
  'etc/hostname',
  'etc/init.d',
  'etc/machine-id',
  'etc/resolv.conf',
  'etc/systemd',
  'run/*',
  'tmp/*',
  'usr/bin/systemctl',
  'usr/lib/*/libperl.so.*',
  'usr/lib/*/perl',
  'usr/lib/*/perl5',
  'usr/lib/*/systemd',
  'usr/lib/systemd',
  'usr/share/bug',
  'usr/share/doc',
  'usr/share/groff',
  'usr/share/info',
  'usr/share/lintian',
  'usr/share/locale',
  'usr/share/man',
  'usr/share/perl',
  'usr/share/perl5',
  'usr/share/zoneinfo/right',
  'var/cache/*',
  'var/lib/apt',
  'var/lib/dpkg/*-old',
  'var/lib/dpkg/info',
  'var/log/*',
]

/** Content and attributes of each path of a layer, as a digest. */
export type LayerIndex = ReadonlyMap<string, string>

/** Leaves out dropped paths with all below them, takes set-user-id bits away, and limits the times. */
export async function* trim(entries: AsyncIterable<TarEntry>, drop: readonly string[]): AsyncGenerator<TarEntry> {
  const dropped = dropPattern([...COMMON_DROP, ...drop])
  for await (const entry of entries) {
    if (dropped.test(entry.path)) continue
    yield { ...entry, mode: entry.mode & 0o1777, modified: Math.min(entry.modified, SOURCE_DATE_EPOCH) }
  }
}

/** Matches each path of the list and all below it; `*` is any part of one name. */
export const dropPattern = (paths: readonly string[]): RegExp => {
  const escaped = paths.map((path) => path.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '[^/]*'))
  return new RegExp(`^(${escaped.join('|')})(/|$)`)
}

/** Notes each entry that passes. */
export async function* recorded(
  entries: AsyncIterable<TarEntry>,
  index: Map<string, string>,
): AsyncGenerator<TarEntry> {
  for await (const entry of entries) {
    index.set(entry.path, entryDigest(entry))
    yield entry
  }
}

/** Leaves out what the layer below has already. Directories stay: a file's parents have to be in its own layer. */
export async function* above(entries: AsyncIterable<TarEntry>, base: LayerIndex): AsyncGenerator<TarEntry> {
  for await (const entry of entries) {
    if (entry.type !== 'directory' && base.get(entry.path) === entryDigest(entry)) continue
    yield entry
  }
}

/** Puts a tree, which begins with its own directory `to`, in the place of what the packages have there. */
export async function* grafted(
  entries: AsyncIterable<TarEntry>,
  to: string,
  tree: AsyncIterable<TarEntry>,
): AsyncGenerator<TarEntry> {
  const replaced = dropPattern([to])
  const directories = new Set(['.'])
  for await (const entry of entries) {
    if (replaced.test(entry.path)) continue
    if (entry.type === 'directory') directories.add(entry.path)
    yield entry
  }
  for (const path of missingParents(to, directories)) yield emptyDirectory(path)
  yield* tree
}

/** Puts a recipe's own files over those of its packages, with the directories that they need. */
export async function* overlaid(
  entries: AsyncIterable<TarEntry>,
  overlay: readonly OverlayFile[],
): AsyncGenerator<TarEntry> {
  const replaced = dropPattern(overlay.map((file) => file.path))
  const directories = new Set(['.'])
  for await (const entry of entries) {
    if (replaced.test(entry.path)) continue
    if (entry.type === 'directory') directories.add(entry.path)
    yield entry
  }
  for (const file of overlay) {
    for (const path of missingParents(file.path, directories)) {
      directories.add(path)
      yield emptyDirectory(path)
    }
    const type = file.linkTarget === undefined ? 'file' : 'symlink'
    yield { ...rootOwned(file.path, file.mode), type, linkTarget: file.linkTarget ?? '', content: file.content }
  }
}

/** Attributes of what comes from no package. */
export const rootOwned = (path: string, mode: number) => ({ path, mode, uid: 0, gid: 0, modified: SOURCE_DATE_EPOCH })

export const emptyDirectory = (path: string): TarEntry => ({
  ...rootOwned(path, 0o755),
  type: 'directory',
  linkTarget: '',
  content: Buffer.alloc(0),
})

const missingParents = (path: string, present: ReadonlySet<string>): readonly string[] => {
  const parent = posix.dirname(path)
  return present.has(parent) ? [] : [...missingParents(parent, present), parent]
}

const entryDigest = ({ type, mode, uid, gid, linkTarget, content }: TarEntry): string =>
  createHash('sha256')
    .update(JSON.stringify([type, mode, uid, gid, linkTarget]))
    .update(content)
    .digest('base64')
