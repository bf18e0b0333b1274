import { locate } from './locate.ts'
import { compareProblems, type SpecProblem } from './problem.ts'
import { type DocumentSource, mentionOf, readObject } from './read-object.ts'
import type { SpecSchemas } from './schemas.ts'
import type { ParsedSpecs, SpecObject } from './spec-object.ts'
import { parseYaml, type YamlDocument, YamlLimitError, type YamlText } from './yaml-documents.ts'

const MAX_PROBLEMS = 20

/** A whole file that can't be read. */
export const unreadableSpecs = (file: string, reason: string, message: string, line = 1, column = 1): ParsedSpecs => ({
  objects: [],
  mentions: [],
  problems: [{ file, line, column, path: '', reason, message }],
  readable: false,
})

/** Holds on to the text, which is small, in place of its nodes, which are not. */
const relocator =
  (text: string, file: string, index: number): SpecObject['locate'] =>
  (path, atKey = false) => {
    const { documents, lines } = parseYaml(text)
    const found = documents[index]
    return { file, ...(found === undefined ? { line: 1, column: 1 } : locate(found.document, lines, path, atKey)) }
  }

/** A document that is no proper YAML. Whom it speaks of is told as far as it was understood. */
const readBroken = (source: DocumentSource, { value, problems }: YamlDocument): ParsedSpecs => {
  const mention = mentionOf(source, value)
  const object = mention === undefined ? {} : { object: { kind: mention.kind, name: mention.name } }
  return {
    objects: [],
    mentions: mention === undefined ? [] : [mention],
    readable: false,
    problems: problems.slice(0, MAX_PROBLEMS).map(({ offset, reason, message }): SpecProblem => {
      const { line, col } = source.lines.linePos(offset)
      return {
        file: source.file,
        line: Math.max(line, 1),
        column: Math.max(col, 1),
        path: '',
        reason,
        message,
        ...object,
      }
    }),
  }
}

const readText = (text: string, file: string): YamlText | ParsedSpecs => {
  try {
    return parseYaml(text)
  } catch (error) {
    if (!(error instanceof YamlLimitError)) throw error
    return unreadableSpecs(file, 'TooLarge', error.message)
  }
}

/**
 * Reads and checks the objects of one text, each by itself. Never throws: what is wrong is among the problems, sorted
 * by place. Whether objects go together, within a directory, is for `loadSpecs` to say.
 */
export const parseSpecText = (text: string, file: string, schemas: SpecSchemas): ParsedSpecs => {
  const nul = text.indexOf('\0')
  if (nul >= 0) {
    const line = text.slice(0, nul).split('\n')
    const message = 'holds a NUL character: this is no text'
    return unreadableSpecs(file, 'NotText', message, line.length, (line.at(-1)?.length ?? 0) + 1)
  }
  const read = readText(text, file)
  if (!('documents' in read)) return read
  const parts = read.documents.flatMap((parsed, index) => {
    const source = { file, document: parsed.document, lines: read.lines, relocate: relocator(text, file, index) }
    if (parsed.problems.length > 0) return [readBroken(source, parsed)]
    return parsed.value === null ? [] : [readObject(source, parsed.value, schemas)]
  })
  return {
    objects: parts.flatMap(({ objects }) => objects),
    mentions: parts.flatMap(({ mentions }) => mentions),
    problems: parts.flatMap(({ problems }) => problems).sort(compareProblems),
    readable: parts.every(({ readable }) => readable),
  }
}
