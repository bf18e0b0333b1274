import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where crds/, images/ and libexec/ stand: two levels above this file, in the sources as in the build. */
export const packageRoot = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
