import {
  Composer,
  type CST,
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  Parser,
} from 'yaml'

/** A problem of the text itself, by its offset. */
export interface TextProblem {
  readonly offset: number
  readonly reason: 'InvalidYaml' | 'DuplicateKey'
  readonly message: string
}

export interface YamlDocument {
  readonly document: Document
  /** As far as it was understood; undefined when nothing was. */
  readonly value: unknown
  readonly problems: readonly TextProblem[]
}

export interface YamlText {
  readonly documents: readonly YamlDocument[]
  readonly lines: LineCounter
}

/** The text as a whole is too much: nothing of it was read. */
export class YamlLimitError extends Error {
  override readonly name = 'YamlLimitError'
}

const MAX_DEPTH = 64
const MAX_NODES = 100_000
const MAX_ALIASES = 100

const children = (token: CST.Token): CST.Token[] => {
  if (token.type === 'document') return token.value === undefined ? [] : [token.value]
  if (!('items' in token)) return []
  return token.items.flatMap(({ key, value }) => [...(key ? [key] : []), ...(value ? [value] : [])])
}

/**
 * The library composes nodes by recursion, and text that is nested deeply enough ends the whole process; so what the
 * parser found, which is not recursive, is measured before.
 */
const refuseExcess = (tokens: readonly CST.Token[]): void => {
  const pending = tokens.map((token) => ({ token, depth: 0 }))
  let nodes = 0
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { token, depth } = next
    if (depth > MAX_DEPTH) throw new YamlLimitError(`is nested more than ${MAX_DEPTH} levels deep`)
    if (++nodes > MAX_NODES) throw new YamlLimitError(`holds more than ${MAX_NODES} values: split it`)
    for (const child of children(token)) pending.push({ token: child, depth: depth + 1 })
  }
}

const problem = (node: unknown, reason: TextProblem['reason'], message: string): TextProblem => ({
  offset: isNode(node) ? (node.range?.[0] ?? 0) : 0,
  reason,
  message,
})

const repeatedKeys = (node: unknown): TextProblem[] => {
  if (!isMap(node)) return []
  const seen = new Set<string>()
  return node.items.flatMap(({ key }) => {
    const name = String(isScalar(key) ? key.value : key)
    if (!seen.has(name)) {
      seen.add(name)
      return []
    }
    return [problem(key, 'DuplicateKey', `the key ${JSON.stringify(name.slice(0, 64))} stands here twice: remove one`)]
  })
}

const CORE_TAG = /^tag:yaml\.org,2002:(map|seq|str|int|float|bool|null)$/

const nodeProblems = (document: Document, node: unknown): TextProblem[] => {
  if (isAlias(node)) {
    return node.resolve(document) === undefined
      ? [problem(node, 'InvalidYaml', `no anchor &${node.source} before`)]
      : []
  }
  const isTagged = isNode(node) && node.tag !== undefined && !CORE_TAG.test(node.tag)
  return [
    ...(isTagged ? [problem(node, 'InvalidYaml', 'is a tag that means nothing here')] : []),
    ...repeatedKeys(node),
  ]
}

/** Goes through every node once: the library's own check of keys, and its way with many aliases, take quadratic time. */
const inspect = (document: Document): TextProblem[] => {
  const problems: TextProblem[] = []
  const pending: unknown[] = [document.contents]
  let aliases = 0
  while (pending.length > 0) {
    const node = pending.pop()
    if (isPair(node)) pending.push(node.key, node.value)
    if (isAlias(node) && ++aliases > MAX_ALIASES) {
      return [problem(node, 'InvalidYaml', `more than ${MAX_ALIASES} aliases: write the values out`)]
    }
    problems.push(...nodeProblems(document, node))
    if (isMap(node) || isSeq(node)) for (const item of node.items) pending.push(item)
  }
  return problems
}

const toDocument = (document: Document): YamlDocument => {
  const faults = [...document.errors, ...document.warnings]
  const problems =
    faults.length === 0
      ? inspect(document)
      : faults.map(({ pos: [offset], message }) => ({ offset, reason: 'InvalidYaml' as const, message }))
  try {
    return { document, problems, value: document.toJS({ maxAliasCount: MAX_ALIASES }) }
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error
    const bomb = problem(document.contents, 'InvalidYaml', 'its aliases come to too much: write the values out')
    return { document, problems: problems.length === 0 ? [bomb] : problems, value: undefined }
  }
}

/**
 * The documents of a YAML 1.2 text, which JSON is part of.
 * @throws YamlLimitError when it is nested too deeply or holds too many values.
 */
export const parseYaml = (text: string): YamlText => {
  const lines = new LineCounter()
  const tokens = [...new Parser(lines.addNewLine).parse(text)]
  refuseExcess(tokens)
  const composer = new Composer({ uniqueKeys: false, prettyErrors: false, logLevel: 'silent', version: '1.2' })
  return { documents: [...composer.compose(tokens)].map(toDocument), lines }
}
