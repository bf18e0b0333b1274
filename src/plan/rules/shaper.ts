import type { Planning } from '../plan-builder.ts'
import { type Bandwidth, UNLIMITED } from '../resources.ts'

export const isLimited = (bandwidth: Bandwidth): boolean => bandwidth.in !== UNLIMITED || bandwidth.out !== UNLIMITED

export const isSameBandwidth = (a: Bandwidth, b: Bandwidth): boolean => a.in === b.in && a.out === b.out

const describeRate = (bitsPerSecond: number): string =>
  bitsPerSecond === UNLIMITED ? 'any rate' : `${bitsPerSecond} bit/s`

const describe = ({ in: inward, out }: Bandwidth): string => `${describeRate(inward)} in and ${describeRate(out)} out`

/** Where the kernel can't, nothing is planned: the tenant is served, and a condition of its account says so. */
export const planShaper = ({ desired, observed, inventory, builder }: Planning): void => {
  const { account, allocation, bandwidth } = desired
  const target = `shaper/${account}` as const
  const isNew = builder.changes(`nic/${account}`)
  if (!isLimited(bandwidth)) {
    // Once: with it the shaper leaves the inventory.
    if (!inventory.has(target)) return
    const cause = 'the limits of bandwidth are lifted'
    const args = { interface: allocation.interface }
    builder.add({ action: 'dropShaper', args, target, cause, follows: [`nic/${account}`] })
    return
  }
  if ('reason' in observed.bandwidth) return
  if (!isNew && isSameBandwidth(observed.bandwidth, bandwidth)) return
  const cause = isNew
    ? `the interface is a new one, wanted is ${describe(bandwidth)}`
    : `the kernel lets ${describe(observed.bandwidth)} pass, wanted is ${describe(bandwidth)}`
  builder.add({ action: 'setBandwidth', args: { bandwidth }, target, cause, needs: [`nic/${account}`] })
}
