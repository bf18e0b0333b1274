import { type Planning, secretId } from '../plan-builder.ts'

const causeOf = (service: string, schema: string, answers: boolean, starts: boolean): string => {
  if (answers) return `the schema ${schema}, its owner or a grant is missing`
  return starts ? `${service} was started` : `${service} can't be asked`
}

/** Schemas and their owners. A schema that the spec names no more keeps its data and its owner. */
export const planSchemas = (planning: Planning): void => {
  const { desired, observed, builder } = planning
  for (const schema of desired.schemas) {
    const endpoint = desired.databases.find(({ service }) => service === schema.service)
    if (endpoint === undefined) continue
    const seen = observed.databases.get(schema.service)
    const container = `container/${schema.service}` as const
    const complete = seen?.schemas.has(schema.name) === true && seen.owners.has(`${schema.owner}@${schema.name}`)
    if (complete) continue
    builder.add({
      action: 'ensureSchema',
      args: { schema, endpoint },
      target: `schema/${schema.service}/${schema.name}`,
      cause: causeOf(schema.service, schema.name, seen !== undefined, builder.changes(container)),
      needs: [container, secretId(planning, schema.ownerSecret)],
    })
  }
}
