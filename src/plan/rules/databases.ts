import { type Planning, schemaId, secretId } from '../plan-builder.ts'
import type { ResourceId } from '../steps.ts'

const causeOf = (service: string, schema: string, answers: boolean, starts: boolean): string => {
  if (answers) return `the schema ${schema}, its owner or a grant is missing`
  return starts ? `${service} was started` : `${service} can't be asked`
}

/** Schemas and their owners. */
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
      target: schemaId(schema),
      cause: causeOf(schema.service, schema.name, seen !== undefined, builder.changes(container)),
      needs: [container, secretId(planning, schema.ownerSecret), secretId(planning, endpoint.adminSecret)],
    })
  }
}

/** Schemas that the inventory names and nothing wants: those whose data is kept are not in it. Users stay. */
export const planStaleSchemas = (planning: Planning): void => {
  const { desired, inventory, builder } = planning
  const wanted = new Set<ResourceId>(desired.schemas.map(schemaId))
  for (const id of inventory) {
    const [type, service, name] = id.split('/')
    const endpoint = desired.databases.find((database) => database.service === service)
    if (type !== 'schema' || wanted.has(id) || name === undefined || endpoint === undefined) continue
    builder.add({
      action: 'dropSchema',
      args: { name, endpoint },
      target: id,
      cause: `nothing wants the schema ${name} any more, and its data is not to be kept`,
      needs: [`container/${endpoint.service}`, secretId(planning, endpoint.adminSecret)],
    })
  }
}
