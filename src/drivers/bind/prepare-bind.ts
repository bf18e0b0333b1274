import { access, chmod, chown, mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { HostSettings } from '../../plan/settings.ts'
import type { RunProgram } from '../host/program.ts'
import { ensureOwnDirectory, ensurePassable, type Identity, readServerUser } from '../host/server-user.ts'
import { writeFileAtomically } from '../write-file-atomically.ts'
import { type BindLayout, bindLayout } from './bind-layout.ts'
import { catalogFile } from './catalog.ts'
import { renderNamedConfig } from './named-config.ts'
import { ensureSecrets, type RandomBytes } from './secrets.ts'

export interface PrepareOptions {
  readonly settings: HostSettings
  readonly runProgram: RunProgram
  readonly randomBytes: RandomBytes
  /** Milliseconds since the epoch. */
  readonly now: number
  /** What the catalog begins with, when there is none. */
  readonly listed: () => Promise<readonly string[]>
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

/** By a rename from where nobody but root writes: in named's own directory a name could lead elsewhere. */
const beginCatalog = async (
  layout: BindLayout,
  { listed, now }: PrepareOptions,
  { uid, gid }: Identity,
): Promise<void> => {
  if (await isThere(layout.catalog)) return
  const unfinished = join(layout.staging, 'catalog')
  await writeFile(unfinished, catalogFile(await listed(), Math.floor(now / 1_000)), { mode: 0o640 })
  await chown(unfinished, uid, gid)
  await rename(unfinished, layout.catalog)
}

/** Makes everything that named needs before it starts. Idempotent. */
export const prepareBind = async (options: PrepareOptions): Promise<Identity> => {
  const { settings, runProgram, randomBytes } = options
  const layout = bindLayout(settings)
  const config = renderNamedConfig(settings)
  const identity = await readServerUser('bind', runProgram)
  for (const path of [settings.stateDirectory, layout.root, layout.zones]) await ensurePassable(path)
  for (const path of [layout.ledger, layout.retired, layout.staging]) {
    await mkdir(path, { recursive: true, mode: 0o700 })
    await chmod(path, 0o700)
  }
  await ensureOwnDirectory(layout.work, identity)
  await ensureSecrets(settings, identity, randomBytes)
  if (settings.dns.secondaries.length > 0) await beginCatalog(layout, options, identity)
  await writeFileAtomically(layout.config, config, 0o644)
  return identity
}
