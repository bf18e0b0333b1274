import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { FORMS } from '../../src/api/forms.ts'

interface Schema {
  readonly type?: string
  readonly format?: string
  readonly enum?: readonly unknown[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
}

/** Every text that an account's spec may hold, by its path. */
const texts = (schema: Schema, path: string): [path: string, schema: Schema][] => {
  if (schema.items !== undefined) return texts(schema.items, `${path}[]`)
  if (schema.properties !== undefined)
    return Object.entries(schema.properties).flatMap(([name, field]) => texts(field, `${path}.${name}`))
  return schema.type === 'integer' || schema.type === 'boolean' ? [] : [[path, schema]]
}

const crd = parse(readFileSync(new URL('../../crds/accounts.yaml', import.meta.url), 'utf8'))
const { metadata, spec } = crd.spec.versions[0].schema.openAPIV3Schema.properties
const fields = [...texts(metadata.properties.name, 'metadata.name'), ...texts(spec, 'spec')]

/** Texts that end a value, or begin something else, in one of the places where values end up. */
const HOSTILE: readonly [what: string, text: string][] = [
  ['NUL', 'a\0b'],
  ['newline', 'a\nb'],
  ['carriage return', 'a\rb'],
  ['tab', 'a\tb'],
  ['escape', 'a\u001bb'],
  ['delete', 'a\u007fb'],
  ['C1 control', 'a\u0085b'],
  ['double quote', 'a"b'],
  ['single quote', "a'b"],
  ['backtick', 'a`b'],
  ['backslash', 'a\\b'],
  ['backslash at the end', 'a\\'],
  ['semicolon', 'a;b'],
  ['braces', 'a{b}'],
  ['parenthesis', 'a(b'],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of nginx, Apache and shells
  ['variable', 'a${b}$c'],
  ['percent', 'a%b'],
  ['percent of a variable', 'a%{b}e'],
  ['hash', 'a #b'],
  ['angle', 'a<b>'],
  ['ampersand', 'a&b'],
  ['pipe', 'a|b'],
  ['space', 'a b'],
  ['path upwards', '../a'],
  ['absolute path', '/etc/passwd'],
  ['option', '-a'],
  ['placeholder of Caddy', '{env.HOME}'],
  ['not ASCII', 'ä'],
]

const accepts = ({ format, enum: allowed }: Schema, text: string): boolean => {
  if (allowed !== undefined) return allowed.includes(text)
  const form = format === undefined ? undefined : FORMS.get(format)
  if (form === undefined) throw new Error('a text without a form')
  return form(text, text) === undefined
}

describe('a text of a spec', () => {
  it.each(fields)('%s has a form or a list of values', (_path, schema) => {
    expect(schema.enum !== undefined || FORMS.has(schema.format ?? '')).toBe(true)
  })

  it('may hold what means something somewhere in these fields only', async () => {
    const table = HOSTILE.map(([what, text]) => {
      const accepting = fields.filter(([, schema]) => accepts(schema, text)).map(([path]) => `  ${path}\n`)
      return `${what}: ${accepting.length === 0 ? 'nowhere' : 'only in'}\n${accepting.join('')}`
    })
    await expect(table.join('')).toMatchFileSnapshot('golden/hostile-values.txt')
  })

  it.each(['NUL', 'newline', 'carriage return', 'tab', 'escape', 'delete', 'C1 control'])('never holds %s', (what) => {
    const text = HOSTILE.find(([name]) => name === what)?.[1] ?? expect.unreachable(what)
    for (const [path, schema] of fields) expect([path, accepts(schema, text)]).toEqual([path, false])
  })
})
