import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseBytes, QuantityError } from '../api/quantity.ts'
import type { HostSettings } from '../plan/settings.ts'
import type { SpecView } from '../sources/spec-view.ts'
import { CliError, EXIT } from './exit-codes.ts'
import { statePaths } from './state-paths.ts'

const parseSize = (size: string): number => {
  try {
    return parseBytes(size)
  } catch (error) {
    if (!(error instanceof QuantityError)) throw error
    throw new CliError(EXIT.usage, `--storage-image: ${error.message}`)
  }
}

const hostText = (size: string): string => `# Settings of this machine; see palisade help and docs/.
apiVersion: palisade.dev/v1
kind: Host
metadata: { name: default }
spec:
  # A btrfs file system in a file, so that limits of storage hold. It may be raised.
  storage: { image: { size: ${JSON.stringify(size)} } }
`

const hasAccounts = async (state: string): Promise<boolean> => {
  const records = await readdir(statePaths(state).records).catch(() => [])
  return records.length > 0
}

/**
 * Asks for a storage image in the specs, once: edits are kept, and a Host that there is already is its author's to change.
 * @throws CliError when it is too late, or when it has to be asked for in a Host that there is.
 */
export const askStorageImage = async (
  size: string,
  { storageImage }: HostSettings,
  view: SpecView,
  { specs, state }: { readonly specs: string; readonly state: string },
): Promise<void> => {
  const sizeBytes = parseSize(size)
  if (storageImage !== 'none' && storageImage.sizeBytes === sizeBytes) return
  if (view.hostObject() !== undefined) {
    const message = `there is a Host in ${specs}: write storage: { image: { size: ${JSON.stringify(size)} } } into its spec`
    throw new CliError(EXIT.usage, message)
  }
  if (await hasAccounts(state)) {
    throw new CliError(
      EXIT.failed,
      '--storage-image: accounts stand already, and their trees would not be in the image',
    )
  }
  await mkdir(specs, { recursive: true, mode: 0o755 })
  await writeFile(join(specs, 'host.yaml'), hostText(size), { flag: 'wx', mode: 0o644 })
}
