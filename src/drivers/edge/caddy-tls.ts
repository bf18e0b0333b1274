import type { TlsSettings } from '../../plan/settings.ts'
import { certificatePath } from './caddy-ask.ts'

const acmeIssuer = ({ directory, contact, rootFile }: TlsSettings) => ({
  module: 'acme',
  ca: directory,
  ...(contact === '' ? {} : { email: contact }),
  ...(rootFile === '' ? {} : { trusted_roots_pem_files: [rootFile] }),
})

/**
 * Where certificates come from: when a handshake asks for one. First those that were installed, which Caddy asks itself for at
 * each handshake, so that a new one is served at once; then its own.
 */
export const tlsApp = (askPort: number, token: string, settings: TlsSettings) => {
  const common = {
    on_demand: true,
    get_certificate: [{ via: 'http', url: `http://127.0.0.1:${askPort}${certificatePath(token)}` }],
  }
  return {
    automation: {
      policies: [
        { subjects: ['localhost', '*.localhost', '*.*.localhost'], issuers: [{ module: 'internal' }], ...common },
        { issuers: [acmeIssuer(settings)], ...common },
      ],
      on_demand: { ask: `http://127.0.0.1:${askPort}/` },
    },
  }
}
