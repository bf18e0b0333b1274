import { type Document, isAlias, isMap, isNode, isScalar, isSeq, type LineCounter, type Node, type Pair } from 'yaml'
import type { FieldPath } from './problem.ts'

const resolved = (document: Document, node: unknown): unknown => (isAlias(node) ? node.resolve(document) : node)

const pairOf = (node: unknown, name: string | number): Pair | undefined =>
  isMap(node) ? node.items.find(({ key }) => String(isScalar(key) ? key.value : key) === String(name)) : undefined

/** Nodes on the way to a field: the nearest that stands in the file is the place of what is missing. */
interface Found {
  readonly key: Node | undefined
  readonly value: Node | undefined
}

const find = (document: Document, path: FieldPath): Found => {
  let node: unknown = document.contents
  let found: Found = { key: undefined, value: isNode(node) ? node : undefined }
  for (const part of path) {
    const parent = resolved(document, node)
    const pair = pairOf(parent, part)
    const next = isSeq(parent) ? parent.items[Number(part)] : pair?.value
    if (!isNode(next) && pair === undefined) return found
    found = { key: isNode(pair?.key) ? pair.key : undefined, value: isNode(next) ? next : undefined }
    node = next
  }
  return found
}

/** Line and column, from 1, of a field's value or of its name; of the nearest parent that stands there when it doesn't. */
export const locate = (
  document: Document,
  lines: LineCounter,
  path: FieldPath,
  atKey: boolean,
): { readonly line: number; readonly column: number } => {
  const { key, value } = find(document, path)
  const isBlock = (isMap(value) || isSeq(value)) && !value.flow
  const node = atKey || isBlock ? (key ?? value) : (value ?? key)
  const { line, col } = lines.linePos(node?.range?.[0] ?? document.range?.[0] ?? 0)
  return { line: Math.max(line, 1), column: Math.max(col, 1) }
}

/** The value of a field as it stands in the file. */
export const sourceOf = (document: Document, path: FieldPath): string | undefined => {
  const { value } = find(document, path)
  return isScalar(value) ? value.source : undefined
}
