import { type Planning, secretId } from '../plan-builder.ts'

/** Schemas and their owners. A schema that the spec names no more keeps its data and its owner. */
export const planSchemas = (planning: Planning): void => {
  const { desired, observed, builder } = planning
  for (const schema of desired.schemas) {
    const endpoint = desired.databases.find(({ service }) => service === schema.service)
    if (endpoint === undefined) continue
    const seen = observed.databases.get(schema.service)
    const container = `container/${schema.service}` as const
    if (seen === undefined && !builder.changes(container)) continue
    const complete = seen?.schemas.has(schema.name) === true && seen.owners.has(`${schema.owner}@${schema.name}`)
    if (complete) continue
    builder.add({
      action: 'ensureSchema',
      args: { schema, endpoint },
      target: `schema/${schema.service}/${schema.name}`,
      cause:
        seen === undefined
          ? `${schema.service} was started`
          : `the schema ${schema.name}, its owner or a grant is missing`,
      needs: [container, secretId(planning, schema.ownerSecret)],
    })
  }
}
