// Writes src/api/generated/*.ts from crds/*.yaml. With --check it writes nothing and fails when a file is stale.
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { compile } from 'json-schema-to-typescript'
import { parse } from 'yaml'

const CRDS = new URL('../crds/', import.meta.url)
const GENERATED = new URL('../src/api/generated/', import.meta.url)
const BANNER = '// Generated from crds/ by `npm run generate`. Do not edit.\n'

const capitalized = (word) => word[0].toUpperCase() + word.slice(1)
const strings = { type: 'object', additionalProperties: { type: 'string' } }

/** What of a structural schema matters for types. A field with a default is always there once a spec was read. */
const toTypeSchema = (schema, title) => {
  const { description } = schema
  if (schema['x-kubernetes-int-or-string']) return { description, tsType: 'string | number' }
  if (schema.type === 'array') {
    return { type: 'array', description, items: toTypeSchema(schema.items, title.replace(/s$/, '')) }
  }
  if (schema.enum !== undefined) return { description, enum: schema.enum }
  if (schema.type !== 'object') return { type: schema.type, description }
  const fields = Object.entries(schema.properties)
  return {
    type: 'object',
    title,
    description,
    additionalProperties: false,
    required: fields
      .filter(([name, field]) => schema.required?.includes(name) || 'default' in field)
      .map(([name]) => name),
    properties: Object.fromEntries(
      fields.map(([name, field]) => [name, toTypeSchema(field, title + capitalized(name))]),
    ),
  }
}

const toObjectSchema = (crd) => {
  const { group, names, versions } = crd.spec
  const [{ name: version, schema }] = versions
  const { description, properties } = schema.openAPIV3Schema
  const { kind } = names
  const spec = toTypeSchema(properties.spec, kind)
  const metadata = toTypeSchema(properties.metadata, 'Metadata')
  return {
    type: 'object',
    title: kind,
    description,
    additionalProperties: false,
    required: ['apiVersion', 'kind', 'metadata', 'spec'],
    properties: {
      apiVersion: { const: `${group}/${version}` },
      kind: { const: kind },
      metadata: {
        ...metadata,
        title: `${kind}Metadata`,
        required: ['name'],
        properties: { ...metadata.properties, labels: strings, annotations: strings },
      },
      spec: { ...spec, title: `${kind}Spec` },
    },
  }
}

const generate = async (file) => {
  const crd = parse(await readFile(new URL(file, CRDS), 'utf8'))
  const text = await compile(toObjectSchema(crd), crd.spec.names.kind, {
    bannerComment: BANNER,
    format: true,
    style: { semi: false, singleQuote: true, printWidth: 120 },
  })
  return { target: new URL(`${crd.spec.names.singular}.ts`, GENERATED), text }
}

const files = (await readdir(CRDS)).filter((file) => file.endsWith('.yaml')).sort()
const outputs = await Promise.all(files.map(generate))
const stale = []
for (const output of outputs) {
  const present = await readFile(output.target, 'utf8').catch(() => '')
  if (present !== output.text) stale.push(output)
}
if (process.argv.includes('--check')) {
  for (const { target } of stale) process.stderr.write(`${target.pathname} is stale: run npm run generate\n`)
  process.exitCode = stale.length === 0 ? 0 : 1
} else {
  await mkdir(GENERATED, { recursive: true })
  for (const { target, text } of stale) await writeFile(target, text)
}
