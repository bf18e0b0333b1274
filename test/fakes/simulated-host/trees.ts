import { dirname, sep } from 'node:path'
import { componentsBeneath } from '../../../src/drivers/trees/beneath.ts'
import { hostIds, parseMode } from '../../../src/drivers/trees/host-ids.ts'
import { makePassword } from '../../../src/drivers/trees/password.ts'
import { sha256 } from '../../../src/plan/digest.ts'
import type { Allocation, Owner } from '../../../src/plan/resources.ts'
import { hostLayout, tenantLayout } from '../../../src/plan/settings.ts'
import { TerminalError, WaitingError } from '../../../src/ports/errors.ts'
import type { DesiredTree, ObservedTree, Trees } from '../../../src/ports/host.ts'
import { endTree, type Ownership, type SimulatedTenant } from './tenant.ts'
import { need, type World } from './world.ts'

const SECRET_RETRY_MS = 500

const isDirectory = (tenant: SimulatedTenant, path: string): boolean =>
  tenant.directories.has(path) || tenant.sites.has(path)

const isFile = (tenant: SimulatedTenant, path: string): boolean => tenant.files.has(path) || tenant.secrets.has(path)

const blocked = (path: string): TerminalError =>
  new TerminalError('PathBlocked', `${path} is not a directory; remove what stands in its place`)

const isOwnedBy = (seen: Owner, { uid, gid }: Owner): boolean => seen.uid === uid && seen.gid === gid

const isOwnedAs = (seen: Ownership | undefined, mode: number, owner: Owner): boolean =>
  seen?.mode === mode && isOwnedBy(seen, owner)

/** The tenant that a path belongs to, and whether the way there is free. @throws TerminalError */
const walk = (world: World, path: string): { tenant: SimulatedTenant; parentStands: boolean } => {
  const { trees } = hostLayout(world.settings)
  const tenant = world.tenant(componentsBeneath(trees, path)[0])
  const parent = dirname(path)
  for (let above = parent; above !== trees; above = dirname(above)) if (isFile(tenant, above)) throw blocked(path)
  return { tenant, parentStands: parent === trees || isDirectory(tenant, parent) }
}

/** @throws Error where the parent does not stand. */
const walkToParent = (world: World, path: string): SimulatedTenant => {
  const { tenant, parentStands } = walk(world, path)
  need(parentStands, `the directory ${dirname(path)}`)
  return tenant
}

/** @throws WaitingError `SecretMissing` */
export const readSecret = (world: World, path: string): string => {
  const secret = walk(world, path).tenant.secrets.get(path)
  if (secret !== undefined) return secret.password
  throw new WaitingError('SecretMissing', `the secret ${path} is missing`, SECRET_RETRY_MS)
}

const observeTree = (tenantOf: (path: string) => SimulatedTenant, desired: DesiredTree, allocation: Allocation) => {
  const ids = (owner: 'root' | Owner): Owner => hostIds(owner, allocation)
  const directories = desired.directories.filter(({ path, mode, owner }) =>
    isOwnedAs(tenantOf(path).directories.get(path), parseMode(mode), ids(owner)),
  )
  const files = desired.files.flatMap(({ path, mode, owner }): [string, string][] => {
    const seen = tenantOf(path).files.get(path)
    return seen !== undefined && isOwnedAs(seen, parseMode(mode), ids(owner)) ? [[path, seen.digest]] : []
  })
  const secrets = desired.secrets.filter(({ path, owner }) => {
    const seen = tenantOf(path).secrets.get(path)
    return seen !== undefined && isOwnedBy(seen, ids(owner))
  })
  const observed: ObservedTree = {
    directories: new Set(directories.map(({ path }) => path)),
    files: new Map(files),
    secrets: new Set(secrets.map(({ path }) => path)),
    sites: new Set(desired.sites.filter(({ path }) => isDirectory(tenantOf(path), path)).map(({ domain }) => domain)),
  }
  return observed
}

/** A path's first component below the directory of all trees names its account. Seeds are not looked at. */
export const simulatedTrees = (world: World): Trees => {
  const { trees } = hostLayout(world.settings)
  /** For observing: without checks, and without a tenant being made for it. */
  const tenantAt = (path: string): SimulatedTenant => world.tenant(path.slice(trees.length + 1).split(sep, 1)[0] ?? '')
  const treeOf = (account: string): string => {
    const { tree } = tenantLayout(world.settings, account)
    need(componentsBeneath(trees, tree).length === 1, `an account, and ${account} is no name of an account`)
    return tree
  }
  const randomBytes = (count: number) => Buffer.from(sha256(`${world.nextId()}`), 'hex').subarray(0, count)

  return {
    observe: async (desired, allocation) => observeTree(tenantAt, desired, allocation),
    async ensureDirectory({ path, mode, owner }, allocation) {
      world.change(`ensureDirectory ${path}`)
      const tenant = walkToParent(world, path)
      if (isFile(tenant, path)) throw blocked(path)
      const { uid, gid } = hostIds(owner, allocation)
      tenant.directories.set(path, { uid, gid, mode: parseMode(mode) })
    },
    async writeFile({ path, content, mode, owner }, allocation) {
      world.change(`writeFile ${path}`)
      const tenant = walkToParent(world, path)
      need(!isDirectory(tenant, path), `no directory at ${path}`)
      tenant.secrets.delete(path)
      const { uid, gid } = hostIds(owner, allocation)
      tenant.files.set(path, { uid, gid, mode: parseMode(mode), digest: sha256(content) })
    },
    async removeFile(path) {
      world.change(`removeFile ${path}`)
      const { tenant } = walk(world, path)
      need(!isDirectory(tenant, path), `no directory at ${path}`)
      tenant.files.delete(path)
      tenant.secrets.delete(path)
    },
    async removeDirectory(path) {
      world.change(`removeDirectory ${path}`)
      if (componentsBeneath(trees, path).length === 1) {
        throw new TerminalError('PathOutsideTree', `${path} is a whole tree, not a directory in one`)
      }
      const { tenant } = walk(world, path)
      if (isFile(tenant, path)) throw blocked(path)
      for (const held of [tenant.directories, tenant.files, tenant.secrets, tenant.sites])
        for (const key of [...held.keys()]) if (key === path || key.startsWith(`${path}/`)) held.delete(key)
      const engine = path.split('/data/')[1]
      for (const held of [tenant.schemas, tenant.databaseUsers])
        for (const key of [...held.keys()]) if (key.startsWith(`${engine}/`)) held.delete(key)
    },
    async replaceSecret({ path, owner }, allocation) {
      world.change(`replaceSecret ${path}`)
      const tenant = walkToParent(world, path)
      tenant.secrets.set(path, { ...hostIds(owner, allocation), password: makePassword(randomBytes) })
    },
    async createSecret({ path, owner }, allocation) {
      world.change(`createSecret ${path}`)
      const tenant = walkToParent(world, path)
      const password = tenant.secrets.get(path)?.password ?? makePassword(randomBytes)
      const { uid, gid } = hostIds(owner, allocation)
      tenant.secrets.set(path, { uid, gid, password })
    },
    readSecret: async (path) => readSecret(world, path),
    async createSite({ path, domain }) {
      world.change(`createSite ${domain}`)
      const tenant = walkToParent(world, path)
      if (isFile(tenant, path)) throw blocked(path)
      if (!isDirectory(tenant, path)) tenant.sites.add(path)
    },
    async archive(account) {
      world.change(`archive ${account}`)
      const tree = treeOf(account)
      const tenant = world.tenant(account)
      if (!tenant.directories.has(tree)) return
      need(tenant.pid === undefined, 'no process in the tree')
      endTree(tenant)
    },
  }
}
