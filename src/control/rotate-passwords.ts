import type { DesiredSchema, DesiredTenant } from '../plan/resources.ts'
import { TerminalError, WaitingError } from '../ports/errors.ts'
import type { Ports } from '../ports/ports.ts'

/** Owners of schemas in one engine of an account; `all` of them, or one by name. */
export interface PasswordOwners {
  readonly engine: string
  readonly owner: 'all' | { readonly name: string }
}

type PortsUsed = Pick<Ports, 'trees' | 'databases' | 'store'>

/** An engine that can't be asked now hears of it in the next pass, which finds that the password is not the file's. */
const tellEngine = async ({ databases }: PortsUsed, desired: DesiredTenant, schemas: readonly DesiredSchema[]) => {
  for (const schema of schemas) {
    const endpoint = desired.databases.find(({ service }) => service === schema.service)
    if (endpoint === undefined) continue
    await databases.ensureSchema(endpoint, schema).catch((error: unknown) => {
      if (!(error instanceof WaitingError)) throw error
    })
  }
}

/**
 * Puts new passwords into the files of owners, and tells the engine.
 *
 * @returns the names of the owners.
 * @throws TerminalError `OwnerUnknown` when the account has none of them.
 */
export const rotatePasswords = async (
  ports: PortsUsed,
  desired: DesiredTenant,
  { engine, owner }: PasswordOwners,
): Promise<readonly string[]> => {
  const { account, allocation } = desired
  const schemas = desired.schemas.filter(
    (schema) => schema.service === engine && (owner === 'all' || schema.owner === owner.name),
  )
  if (schemas.length === 0) {
    const whom = owner === 'all' ? 'no owner of a schema' : `no owner ${owner.name} of a schema`
    throw new TerminalError('OwnerUnknown', `${account} has ${whom} in ${engine}`)
  }
  const files = new Set(schemas.map(({ ownerSecret }) => ownerSecret))
  for (const secret of desired.secrets.filter(({ path }) => files.has(path)))
    await ports.trees.replaceSecret(secret, allocation)
  await tellEngine(ports, desired, schemas)
  const names = [...new Set(schemas.map((schema) => schema.owner))]
  const message = `new passwords in ${engine} for ${names.join(', ')}`
  await ports.store.appendEvent({ type: 'Normal', reason: 'PasswordRotated', object: `Account/${account}`, message })
  return names
}
