import type { SpecProblem } from '../api/problem.ts'
import type { Mention } from '../api/spec-object.ts'

export const keyOf = ({ kind, name }: Pick<Mention, 'kind' | 'name'>): string => `${kind}/${name}`

const groupByKey = (mentions: readonly Mention[], key: (mention: Mention) => string): Mention[][] => {
  const groups = new Map<string, Mention[]>()
  for (const mention of mentions) {
    const group = groups.get(key(mention))
    if (group === undefined) groups.set(key(mention), [mention])
    else group.push(mention)
  }
  return [...groups.values()].filter(({ length }) => length > 1)
}

const elsewhere = (mention: Mention, group: readonly Mention[]): string =>
  group
    .filter((other) => other !== mention)
    .slice(0, 3)
    .map(({ position: { file, line } }) => `${file}:${line}`)
    .join(', ')

const problem = (mention: Mention, path: string, reason: string, message: string): SpecProblem => ({
  ...mention.position,
  path,
  reason,
  message,
  object: { kind: mention.kind, name: mention.name },
})

/** Objects of one kind and name: each is refused, whichever was first. */
export const duplicateNames = (mentions: readonly Mention[]): SpecProblem[] =>
  groupByKey(mentions, keyOf).flatMap((group) =>
    group.map((mention) => {
      const message = `${mention.kind} ${mention.name} stands also at ${elsewhere(mention, group)}: remove one of them`
      return problem(mention, 'metadata.name', 'DuplicateName', message)
    }),
  )

/** Hosts by different names: a machine is one host. */
export const secondHosts = (mentions: readonly Mention[]): SpecProblem[] => {
  const hosts = mentions.filter(({ kind }) => kind === 'Host')
  if (new Set(hosts.map(({ name }) => name)).size < 2) return []
  return hosts.map((mention) => {
    const message = `there may be one Host, and another stands at ${elsewhere(mention, hosts)}: remove one of them`
    return problem(mention, '', 'SecondHost', message)
  })
}
