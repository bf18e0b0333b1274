import type { Allocation, Owner } from '../../plan/resources.ts'

/** What `unshare --map-root-user --map-auto` maps below the subordinate range's end. */
const LAST_INNER_ID = 65_536

const hostId = (inner: number, root: number, subIdBase: number): number => {
  if (!Number.isInteger(inner) || inner < 0 || inner > LAST_INNER_ID) throw new Error(`${inner} is no id in a tenant`)
  return inner === 0 ? root : subIdBase + inner - 1
}

/**
 * The host's ids of an owner inside the tenant: 0 is the system user, 1 the first of the subordinate ids. What belongs
 * to the host's root has the tenant's group, so that its mode can let the tenant in.
 */
export const hostIds = (owner: 'root' | Owner, allocation: Allocation): Owner =>
  owner === 'root'
    ? { uid: 0, gid: allocation.gid }
    : {
        uid: hostId(owner.uid, allocation.uid, allocation.subIdBase),
        gid: hostId(owner.gid, allocation.gid, allocation.subIdBase),
      }

/** @throws Error for anything but octal text such as `0711`. */
export const parseMode = (mode: string): number => {
  if (!/^[0-7]{3,4}$/.test(mode)) throw new Error(`${mode} is no mode such as 0711`)
  return Number.parseInt(mode, 8)
}
