import { existsSync } from 'node:fs'
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join, sep } from 'node:path'
import type { StorageImage } from '../../plan/settings.ts'
import { TerminalError } from '../../ports/errors.ts'
import { findBtrfs } from '../host/btrfs-directory.ts'
import { readKernelFile, writeKernelFile } from '../host/kernel-files.ts'
import { type Mount, mountOf, nearestExisting } from '../host/mounts.ts'
import type { RunProgram } from '../host/program.ts'
import { hasCode, undefinedIfMissing } from '../system-error.ts'
import { quotaGroups } from './btrfs-groups.ts'

export interface StorageImageOptions {
  readonly image: StorageImage
  readonly dataRoot: string
  readonly runProgram: RunProgram
  /** Whether an account stands already; its tree is then where no image was asked for. */
  readonly hasAccounts: () => Promise<boolean>
}

const MOUNT_MS = 300_000

const mountedAt = (directory: string): Mount | undefined => {
  if (!existsSync(directory)) return undefined
  const real = nearestExisting(directory)
  const mount = mountOf(readKernelFile('/proc/self/mountinfo') ?? '', real)
  return mount?.mountPoint === real ? mount : undefined
}

/** The file that a loop device reads: loop(4). */
const backingFile = ({ source }: Mount): string | undefined => {
  const device = /^\/dev\/(loop\d+)$/.exec(source)?.[1]
  return device === undefined ? undefined : readKernelFile(join('/sys/block', device, 'loop/backing_file'))
}

/** True when the image is mounted at the data root. @throws TerminalError when something else is. */
const isMounted = ({ image, dataRoot }: Pick<StorageImageOptions, 'image' | 'dataRoot'>): boolean => {
  const mount = mountedAt(dataRoot)
  if (mount === undefined) return false
  if (mount.type === 'btrfs' && backingFile(mount) === nearestExisting(image.file)) return true
  const message = `${mount.source} is mounted at ${dataRoot}, where the image ${image.file} belongs: unmount it, or take spec.storage.image out of the Host`
  throw new TerminalError('DataRootMounted', message)
}

/** Makes the whole image beside its place, so that a crash leaves none that is half made. What stands is never formatted. */
const createImage = async ({ image, hasAccounts, runProgram }: StorageImageOptions): Promise<void> => {
  if ((await stat(image.file).catch(undefinedIfMissing)) !== undefined) return
  if (await hasAccounts()) {
    const message = `accounts stand already, and their trees are not in ${image.file}: take spec.storage.image out of the Host, or remove the accounts first`
    throw new TerminalError('StorageImageTooLate', message)
  }
  await mkdir(dirname(image.file), { recursive: true, mode: 0o711 })
  const pending = `${image.file}.new`
  await rm(pending, { force: true })
  const file = await open(pending, 'wx', 0o600)
  try {
    await file.truncate(image.sizeBytes)
  } finally {
    await file.close()
  }
  await runProgram('mkfs.btrfs', ['--quiet', '--label', 'palisade', pending], { timeoutMs: MOUNT_MS })
  await rename(pending, image.file)
}

const refuseFilled = async ({ image, dataRoot }: StorageImageOptions): Promise<void> => {
  if (`${image.file}`.startsWith(dataRoot + sep)) {
    const message = `the image ${image.file} would be hidden by what is in it: choose a spec.dataRoot that does not hold the state directory`
    throw new TerminalError('DataRootHoldsImage', message)
  }
  if ((await readdir(dataRoot)).length === 0) return
  const message = `${dataRoot} is not empty, and the image ${image.file} would hide what is in it: move that away, or choose another spec.dataRoot`
  throw new TerminalError('DataRootNotEmpty', message)
}

const mountImage = async ({ image, dataRoot, runProgram }: StorageImageOptions): Promise<void> => {
  // Direct, so that the host does not keep each page twice.
  const found = await runProgram('losetup', ['--find', '--show', '--direct-io=on', image.file])
  const device = found.trim()
  try {
    await runProgram('mount', ['--types', 'btrfs', '--options', 'noatime', device, dataRoot], { timeoutMs: MOUNT_MS })
  } finally {
    // While it is mounted this only says that the device goes with the mount: losetup(8).
    await runProgram('losetup', ['--detach', device])
  }
}

/**
 * Limits hold for tenants, and not for who has CAP_SYS_RESOURCE on the host: a full tenant can still be configured. Of the
 * mount, not of the file system: set anew after each.
 */
const exemptHost = (directory: string): void => {
  const override = join(directory, 'quota_override')
  if (readKernelFile(override) !== '0') return
  try {
    writeKernelFile(override, '1')
  } catch (error) {
    // A container's root lacks the capability itself: what it writes for a full tenant is refused then, and that is told.
    if (!hasCode(error, 'EPERM')) throw error
  }
}

const enableQuota = async ({ dataRoot, runProgram }: StorageImageOptions): Promise<void> => {
  const source = mountedAt(dataRoot)?.source ?? ''
  const directory = findBtrfs('/sys', source)?.path
  if (directory === undefined) throw new Error(`the kernel tells nothing of the btrfs file system on ${source}`)
  if (!quotaGroups(directory).isEnabled()) await runProgram('btrfs', ['quota', 'enable', dataRoot])
  exemptHost(directory)
}

/** A smaller size than before is left alone: what is in the image may need it. */
const growImage = async ({ image, dataRoot, runProgram }: StorageImageOptions): Promise<void> => {
  const file = await open(image.file, 'r+')
  try {
    if ((await file.stat()).size < image.sizeBytes) await file.truncate(image.sizeBytes)
    else return
  } finally {
    await file.close()
  }
  const device = mountedAt(dataRoot)?.source ?? ''
  await runProgram('losetup', ['--set-capacity', device])
  await runProgram('btrfs', ['filesystem', 'resize', 'max', dataRoot])
}

/**
 * Has the data root on a btrfs file system in an image file, with quotas, and at least as large as asked for. Called before
 * anything else touches the data root. Idempotent, also after a crash and after a reboot.
 * @throws TerminalError rather than hide, format or take over what is there.
 */
export const ensureStorageImage = async (options: StorageImageOptions): Promise<void> => {
  const { dataRoot } = options
  if (!isMounted(options)) {
    await createImage(options)
    await mkdir(dataRoot, { recursive: true, mode: 0o711 })
    await refuseFilled(options)
    await mountImage(options)
  }
  await enableQuota(options)
  await growImage(options)
}

/** Takes the image off the data root; nothing may use it. Does nothing when it is not there. */
export const unmountStorageImage = async (
  options: Pick<StorageImageOptions, 'image' | 'dataRoot' | 'runProgram'>,
): Promise<void> => {
  if (isMounted(options)) await options.runProgram('umount', [options.dataRoot], { timeoutMs: MOUNT_MS })
}

/**
 * To be called where no image is asked for.
 * @throws TerminalError `StorageImageForgotten` when trees of accounts are in one: without it they would be made anew, empty.
 */
export const refuseForgottenImage = async (file: string, hasAccounts: () => Promise<boolean>): Promise<void> => {
  if (!existsSync(file) || !(await hasAccounts())) return
  const message = `the trees of the accounts are in ${file}: put spec.storage.image back into the Host`
  throw new TerminalError('StorageImageForgotten', message)
}
