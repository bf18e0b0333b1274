import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Ajv, type ErrorObject } from 'ajv'
import { parse } from 'yaml'
import { COMMON_DROP } from './layer.ts'
import { type NpmPackages, readNpmPackages } from './npm-packages.ts'
import { type OverlayFile, readOverlay } from './overlay.ts'

/** The image's configuration, in the engine's words. */
export interface RecipeConfig {
  readonly entrypoint?: readonly string[]
  readonly cmd?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** `uid:gid`; the image has to run as any other too. */
  readonly user?: string
  readonly workdir?: string
  readonly stopSignal?: string
  /** Such as `80/tcp`. */
  readonly ports?: readonly string[]
  readonly healthcheck?: {
    readonly command: readonly string[]
    readonly intervalSeconds: number
    readonly timeoutSeconds: number
    readonly retries: number
  }
}

/** What a `recipe.yaml` says. */
export interface RecipeDefinition {
  readonly description: string
  /** Debian release, such as `bookworm`. */
  readonly suite: string
  readonly packages: readonly string[]
  /** Paths without leading slash that the packages bring and nobody needs; `*` stands for any part of one name. */
  readonly drop?: readonly string[]
  /** Has the packages that `npm/` beside the recipe names put into the directory `to`, without leading slash. */
  readonly npm?: { readonly to: string }
  readonly config: RecipeConfig
}

export interface Recipe {
  /** Name of the recipe's directory. */
  readonly name: string
  /** `palisade/<name>:<digest of all inputs>`. */
  readonly image: string
  /** First 12 hexadecimal digits of the digest of all inputs. */
  readonly digest: string
  readonly definition: RecipeDefinition
  /** Files that stand above those of the packages. */
  readonly overlay: readonly OverlayFile[]
  /** Packages from npm; absent when the recipe takes none. */
  readonly npm?: NpmPackages
}

/** Part of every digest: raise it when the builder makes something else of the same recipe. */
const BUILDER_REVISION = 1

const strings = { type: 'array', items: { type: 'string', minLength: 1 } }
const seconds = { type: 'integer', minimum: 1 }
const schema = {
  type: 'object',
  additionalProperties: false,
  required: ['description', 'suite', 'packages', 'config'],
  properties: {
    description: { type: 'string', minLength: 1 },
    suite: { type: 'string', pattern: '^[a-z]+$' },
    packages: { type: 'array', minItems: 1, items: { type: 'string', pattern: '^[a-z0-9][a-z0-9.+-]+$' } },
    drop: { type: 'array', items: { type: 'string', pattern: '^[^/].*[^/]$' } },
    npm: {
      type: 'object',
      additionalProperties: false,
      required: ['to'],
      // No part begins with a dot, so none leads upwards.
      properties: { to: { type: 'string', pattern: '^[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*$' } },
    },
    config: {
      type: 'object',
      additionalProperties: false,
      properties: {
        entrypoint: strings,
        cmd: strings,
        env: {
          type: 'object',
          propertyNames: { pattern: '^[A-Za-z_][A-Za-z0-9_]*$' },
          additionalProperties: { type: 'string' },
        },
        user: { type: 'string', pattern: '^[0-9]+:[0-9]+$' },
        workdir: { type: 'string', pattern: '^/' },
        stopSignal: { type: 'string', pattern: '^SIG[A-Z0-9]+$' },
        ports: { type: 'array', items: { type: 'string', pattern: '^[0-9]+/(tcp|udp)$' } },
        healthcheck: {
          type: 'object',
          additionalProperties: false,
          required: ['command', 'intervalSeconds', 'timeoutSeconds', 'retries'],
          properties: { command: strings, intervalSeconds: seconds, timeoutSeconds: seconds, retries: seconds },
        },
      },
    },
  },
}

/**
 * Reads every recipe in a directory, by name.
 * @throws Error that names the file and each mistake in it.
 */
export const loadRecipes = async (directory: string): Promise<ReadonlyMap<string, Recipe>> => {
  const entries = await readdir(directory, { withFileTypes: true })
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
  const recipes = await Promise.all(names.sort().map((name) => loadRecipe(join(directory, name), name)))
  return new Map(recipes.map((recipe) => [recipe.name, recipe]))
}

const loadRecipe = async (directory: string, name: string): Promise<Recipe> => {
  const path = join(directory, 'recipe.yaml')
  if (!/^[a-z0-9]+([.-][a-z0-9]+)*$/.test(name)) throw new Error(`${directory}: not a name for an image`)
  const definition = parseDefinition(await readFile(path, 'utf8'), path)
  const overlay = await readOverlay(join(directory, 'files'))
  const npm = definition.npm && (await readNpmPackages(join(directory, 'npm'), definition.npm.to))
  const digest = digestInputs(definition, overlay, npm)
  return { name, image: `palisade/${name}:${digest}`, digest, definition, overlay, ...(npm && { npm }) }
}

const parseDefinition = (text: string, path: string): RecipeDefinition => {
  const validate = new Ajv({ allErrors: true }).compile<RecipeDefinition>(schema)
  const value: unknown = parse(text)
  if (!validate(value)) throw new Error(`${path}: ${(validate.errors ?? []).map(describeError).join('; ')}`)
  return value
}

const describeError = ({ instancePath, message, params }: ErrorObject): string => {
  const what: unknown = params.additionalProperty ?? params.propertyName
  return `${instancePath || 'recipe'} ${message}${typeof what === 'string' ? ` (${what})` : ''}`
}

const digestInputs = (
  definition: RecipeDefinition,
  overlay: readonly OverlayFile[],
  npm: NpmPackages | undefined,
): string => {
  const hash = createHash('sha256').update(JSON.stringify([BUILDER_REVISION, COMMON_DROP, definition]))
  for (const { path, mode, content, linkTarget } of overlay) {
    hash.update(JSON.stringify([path, mode, linkTarget ?? '', content.toString('base64')]))
  }
  if (npm !== undefined) hash.update(JSON.stringify([npm.manifest, npm.lock]))
  return hash.digest('hex').slice(0, 12)
}
