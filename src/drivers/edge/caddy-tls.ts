/** Where certificates come from: when a handshake asks for one. */
export const tlsApp = (askPort: number) => ({
  automation: {
    policies: [
      { subjects: ['localhost', '*.localhost', '*.*.localhost'], issuers: [{ module: 'internal' }], on_demand: true },
      { issuers: [{ module: 'acme' }], on_demand: true },
    ],
    on_demand: { ask: `http://127.0.0.1:${askPort}/` },
  },
})
