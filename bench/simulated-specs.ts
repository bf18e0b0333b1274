import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'

const PHP_VERSIONS = ['8.1', '8.2', '8.3', '8.4']
const API_VERSION = 'palisade.dev/v1'

const recipeOf = (version: string): string => `php-${version}`

/** Images by recipe: those of this package and those that {@link writeSpecs} has in its catalog. */
export const simulatedImages: ReadonlyMap<string, string> = new Map(
  ['nginx', 'mariadb-10.11', ...PHP_VERSIONS.map(recipeOf)].map((name) => [name, `palisade/${name}:bench`]),
)

const catalog = {
  apiVersion: API_VERSION,
  kind: 'Catalog',
  metadata: { name: 'bench' },
  spec: {
    services: [{ kind: 'php', versions: PHP_VERSIONS.map((version) => ({ version, recipe: recipeOf(version) })) }],
  },
}

/** Six services: nginx, four of PHP, MariaDB. */
const account = (name: string, cpu: string) => ({
  apiVersion: API_VERSION,
  kind: 'Account',
  metadata: { name },
  spec: {
    limits: { cpu, memory: '2Gi', pids: 512 },
    web: { server: 'nginx' },
    sites: PHP_VERSIONS.map((version, index) => ({
      domain: `site${index}.${name}.example`,
      aliases: [`www.site${index}.${name}.example`],
      runtime: { php: version },
    })),
    databases: [{ engine: 'mariadb', version: '10.11', schemas: [{ name: 'shop', owner: 'shop' }] }],
  },
})

export const accountName = (index: number): string => `account${index}`

export const specFile = (directory: string, index: number): string => join(directory, `${accountName(index)}.yaml`)

/** An account's file; `cpu` is what an edit changes. */
export const specText = (index: number, cpu: string): string => stringify(account(accountName(index), cpu))

/** A directory of specs with one file per account, and a catalog of all that they ask for. */
export const writeSpecs = async (directory: string, accounts: number): Promise<void> => {
  await mkdir(directory, { recursive: true })
  await writeFile(join(directory, 'catalog.yaml'), stringify(catalog))
  for (let index = 0; index < accounts; index++) await writeFile(specFile(directory, index), specText(index, '1'))
}
