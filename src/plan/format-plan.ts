import type { Plan } from './steps.ts'

/** "After" means that the others succeeded, "behind" that they ended. */
const formatOrder = (after: readonly number[], behind: readonly number[]): string => {
  const parts = [
    ...(after.length > 0 ? [`after ${after.join(', ')}`] : []),
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
  const lines = steps.map(({ id, action, target, cause, after, behind }) => {
    const order = formatOrder(after, behind)
    return `${String(id).padStart(3)}  ${action.padEnd(actions)}  ${target.padEnd(targets)}  ${cause}${order}`
  })
  const walls = blocked.map(({ target, reason, message }) => `  !  ${reason}  ${target}: ${message}`)
  return `${[...lines, ...walls].join('\n')}\n`
}
