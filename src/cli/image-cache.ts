/** Built images, shared by all installations of a machine: what they hold depends on their recipes alone. */
export const imageCacheDirectory = (environment: Readonly<Record<string, string | undefined>>): string =>
  environment.PALISADE_IMAGE_CACHE ?? '/var/cache/palisade/images'
