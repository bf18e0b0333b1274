import type { DesiredSchema, ObservedDatabase } from '../../plan/resources.ts'
import type { Connect, Server } from './session.ts'

/** A schema with its owner and the owner's password. */
export interface OwnedSchema extends Pick<DesiredSchema, 'name' | 'owner'> {
  readonly password: string
}

/** What one engine makes of the port `Databases`. Names have been checked by `refuseNames`. */
export interface Dialect {
  readonly connect: Connect
  /** Who may do everything there. */
  readonly administrator: string
  observe(server: Server, wanted: readonly OwnedSchema[]): Promise<ObservedDatabase>
  ensureSchema(server: Server, wanted: OwnedSchema): Promise<void>
  dropSchema(server: Server, name: string): Promise<void>
}

/** As the port names an owner whose password and grants are as wanted. */
export const ownerKey = ({ owner, name }: OwnedSchema): string => `${owner}@${name}`

/** Those of the wanted owners that a check finds right, one after the other. */
export const ownersThat = async (
  isAsWanted: (schema: OwnedSchema) => Promise<boolean>,
  wanted: readonly OwnedSchema[],
): Promise<ReadonlySet<string>> => {
  const owners = new Set<string>()
  for (const schema of wanted) {
    if (await isAsWanted(schema)) owners.add(ownerKey(schema))
  }
  return owners
}

export const firstColumn = (rows: readonly (readonly string[])[]): string[] => rows.flatMap(([first]) => first ?? [])
