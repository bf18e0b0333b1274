// Generated from crds/ by `npm run generate`. Do not edit.

/**
 * Which services accounts may have, in which versions. What a Catalog says is laid over the one that comes with Palisade, kind by kind and version by version.
 */
export interface Catalog {
  apiVersion: 'palisade.dev/v1'
  kind: 'Catalog'
  metadata: CatalogMetadata
  spec: CatalogSpec
}
export interface CatalogMetadata {
  /**
   * Any name. Several Catalogs are read as one, and no two may speak of the same version.
   */
  name: string
  labels?: {
    [k: string]: string
  }
  annotations?: {
    [k: string]: string
  }
}
/**
 * The offer.
 */
export interface CatalogSpec {
  /**
   * Kinds of service.
   */
  services: CatalogService[]
}
/**
 * One kind of service.
 */
export interface CatalogService {
  /**
   * A kind that Palisade knows, such as `nginx`, `php` or `mariadb`.
   */
  kind: string
  /**
   * The version of an account that names none, in quotes. It must be among the versions.
   */
  default?: string
  /**
   * Versions on offer.
   */
  versions: CatalogServiceVersion[]
}
/**
 * One version.
 */
export interface CatalogServiceVersion {
  /**
   * The version as accounts write it, in quotes.
   */
  version: string
  /**
   * Name of the recipe that the image is built by, a directory of `images/`. A version needs a recipe, an image, or both.
   */
  recipe?: string
  /**
   * Reference of the image in a registry, such as `docker.io/library/php:8.5-fpm`, best with `@sha256:` and its digest. It is pulled where no recipe is given, or where the Host prefers registries.
   */
  image?: string
}
