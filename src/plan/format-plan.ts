import type { AnyStep, Plan } from './steps.ts'

/** "After" means that the others succeeded, "after any of" that all ended and one succeeded, "behind" that they ended. */
const formatOrder = ({ after, behind, afterAny }: AnyStep): string => {
  const parts = [
    ...(after.length > 0 ? [`after ${after.join(', ')}`] : []),
    ...(afterAny.length > 0 ? [`after any of ${afterAny.join(', ')}`] : []),
    ...(behind.length > 0 ? [`behind ${behind.join(', ')}`] : []),
  ]
  return parts.length > 0 ? `  (${parts.join('; ')})` : ''
}

/** A plan as text, one line a step; the same plan gives the same text. */
export const formatPlan = ({ steps, blocked }: Plan): string => {
  if (steps.length === 0 && blocked.length === 0) return 'nothing to do\n'
  const width = (values: readonly string[]) => Math.max(0, ...values.map((value) => value.length))
  const actions = width(steps.map(({ action }) => action))
  const targets = width(steps.map(({ target }) => target))
  const lines = steps.map((step) => {
    const { id, action, target, cause } = step
    const order = formatOrder(step)
    return `${String(id).padStart(3)}  ${action.padEnd(actions)}  ${target.padEnd(targets)}  ${cause}${order}`
  })
  const walls = blocked.map(({ target, reason, message }) => `  !  ${reason}  ${target}: ${message}`)
  return `${[...lines, ...walls].join('\n')}\n`
}
