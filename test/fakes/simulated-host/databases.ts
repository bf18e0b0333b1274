import { dirname } from 'node:path'
import { refuseNames, refuseSchemaName } from '../../../src/drivers/databases/names.ts'
import { componentsBeneath } from '../../../src/drivers/trees/beneath.ts'
import type { DatabaseEndpoint, DesiredSchema } from '../../../src/plan/resources.ts'
import { hostLayout } from '../../../src/plan/settings.ts'
import type { Databases } from '../../../src/ports/engine.ts'
import { WaitingError } from '../../../src/ports/errors.ts'
import type { SimulatedTenant } from './tenant.ts'
import { readSecret } from './trees.ts'
import type { World } from './world.ts'

const RETRY_MS = 1_000

/** A service answers at a socket in a directory of the host that it sees. */
export const simulatedDatabases = (world: World): Databases => {
  const { trees } = hostLayout(world.settings)

  const connect = ({ service, socket, adminSecret }: DatabaseEndpoint): SimulatedTenant => {
    readSecret(world, adminSecret)
    const tenant = world.tenant(componentsBeneath(trees, socket)[0])
    const container = tenant.containers.get(service)
    if (container?.state === 'running' && container.sources.includes(dirname(socket))) return tenant
    throw new WaitingError('DatabaseUnavailable', `${service} can't be asked`, RETRY_MS)
  }

  const isOwned = (tenant: SimulatedTenant, { service, name, owner, ownerSecret }: DesiredSchema): boolean =>
    tenant.schemas.get(`${service}/${name}`)?.has(owner) === true &&
    tenant.databaseUsers.get(`${service}/${owner}`) === readSecret(world, ownerSecret)

  const observe = (endpoint: DatabaseEndpoint, schemas: readonly DesiredSchema[]) => {
    const tenant = connect(endpoint)
    const prefix = `${endpoint.service}/`
    const names = [...tenant.schemas.keys()].filter((key) => key.startsWith(prefix))
    const owned = schemas.filter((schema) => isOwned(tenant, schema))
    return {
      schemas: new Set(names.map((key) => key.slice(prefix.length))),
      owners: new Set(owned.map(({ owner, name }) => `${owner}@${name}`)),
    }
  }

  return {
    async observe(endpoint, schemas) {
      try {
        return observe(endpoint, schemas)
      } catch (error) {
        if (error instanceof WaitingError) return undefined
        throw error
      }
    },
    async ensureSchema(endpoint, schema) {
      world.change(`ensureSchema ${schema.service} ${schema.name}`)
      refuseNames(endpoint.engine, schema)
      const password = readSecret(world, schema.ownerSecret)
      const tenant = connect(endpoint)
      const key = `${endpoint.service}/${schema.name}`
      tenant.schemas.set(key, (tenant.schemas.get(key) ?? new Set()).add(schema.owner))
      tenant.databaseUsers.set(`${endpoint.service}/${schema.owner}`, password)
    },
    async dropSchema(endpoint, name) {
      world.change(`dropSchema ${endpoint.service} ${name}`)
      refuseSchemaName(endpoint.engine, name)
      connect(endpoint).schemas.delete(`${endpoint.service}/${name}`)
    },
  }
}
