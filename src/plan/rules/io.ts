import { describeIo, isSameIo } from '../io-limits.ts'
import type { Planning } from '../plan-builder.ts'

/** What the host can't enforce is no step, but a condition of the account. */
export const planIo = ({ desired, observed, builder }: Planning): void => {
  const { account, io } = desired
  const seen = observed.io
  if ('reason' in seen || isSameIo(seen, io)) return
  builder.add({
    action: 'setIoLimits',
    args: { io },
    target: `cgroup/${account}`,
    cause: `the kernel allows ${describeIo(seen)}, wanted is ${describeIo(io)}`,
    needs: [`user/${account}`],
  })
}
