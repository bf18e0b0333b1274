import { createServer } from 'node:net'

const listenOnce = (port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(port, () => server.close(() => resolve()))
  })

/** Two of Caddy would share their ports without a word, each with its own sites, so they are tried before. */
export const refuseTakenPorts = async (ports: readonly number[]): Promise<void> => {
  for (const port of ports) {
    await listenOnce(port).catch((cause: unknown) => {
      throw new Error(`Caddy does not start: port ${port} is taken by another program`, { cause })
    })
  }
}
