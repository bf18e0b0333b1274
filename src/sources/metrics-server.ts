import { createServer, type Server } from 'node:http'
import type { Logger } from 'pino'
import type { Metrics } from '../control/metrics.ts'

export interface MetricsServerOptions {
  /** Address and port, such as `127.0.0.1:9469` or `[::1]:9469`. */
  readonly listen: string
  readonly metrics: Metrics
  readonly logger: Logger
}

const addressOf = (listen: string): { host: string; port: number } => {
  const colon = listen.lastIndexOf(':')
  return { host: listen.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(listen.slice(colon + 1)) }
}

/** Metrics for Prometheus over TCP, and nothing else. An address that can't be had is logged: tenants matter more. */
export const serveMetrics = ({ listen, metrics, logger }: MetricsServerOptions): Server => {
  const server = createServer((request, response) => {
    if (request.method !== 'GET' || request.url !== '/metrics') {
      response.writeHead(404).end()
      return
    }
    metrics.text().then(
      (text) => response.writeHead(200, { 'content-type': metrics.contentType }).end(text),
      (error: unknown) => {
        logger.error({ err: error }, 'metrics failed')
        response.writeHead(500).end()
      },
    )
  })
  server.on('error', (error) => logger.error({ err: error, listen }, 'metrics are not served'))
  return server.listen(addressOf(listen))
}
