/** An image in a registry, taken apart. */
interface ImageReference {
  /** Host name of the registry, perhaps with a port. */
  readonly registry: string
  /** Path of the repository in it. */
  readonly path: string
  /** `:TAG` or `@DIGEST`; empty for the tag `latest`. */
  readonly version: string
}

const DEFAULT_REGISTRY = 'docker.io'
/** Where the default registry keeps images whose names have one part only. */
const OFFICIAL = 'library/'

// The grammar of distribution/reference, for names of lower-case letters; none begins with a hyphen.
const NAME = /[a-z0-9][a-z0-9.-]*(?::[0-9]{1,5})?(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)+/
const REFERENCE = new RegExp(
  `^(?<name>${NAME.source})(?<tag>:[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?(?<digest>@sha256:[0-9a-f]{64})?$`,
)

/** A first part without any of these is no host, but a part of the path: so docker(1) reads names. */
const isHost = (part: string): boolean => /[.:]/.test(part) || part === 'localhost'

const splitName = (name: string): Pick<ImageReference, 'registry' | 'path'> => {
  const slash = name.indexOf('/')
  const first = name.slice(0, slash)
  const [registry, path] = isHost(first) ? [first, name.slice(slash + 1)] : [DEFAULT_REGISTRY, name]
  return { registry, path: registry === DEFAULT_REGISTRY && !path.includes('/') ? `${OFFICIAL}${path}` : path }
}

/** Of a tag and a digest the digest counts: it alone says which bytes. */
const parse = (reference: string): ImageReference | undefined => {
  const { name, tag = '', digest = '' } = REFERENCE.exec(reference)?.groups ?? {}
  return name === undefined ? undefined : { ...splitName(name), version: digest || tag }
}

/**
 * What is asked of a registry for an image: the same repository path and version, in `replacement` where that is not
 * empty: `docker.io/library/nginx:1` in `mirror:5000/hub` is `mirror:5000/hub/library/nginx:1`.
 * Undefined for what is no reference.
 */
export const referenceIn = (replacement: string, reference: string): string | undefined => {
  const parsed = parse(reference)
  if (parsed === undefined) return undefined
  return `${replacement || parsed.registry}/${parsed.path}${parsed.version}`
}
