import { request } from 'node:http'

const longestAnswer = 64 * 1024

/**
 * Asks Caddy's admin endpoint on its Unix socket.
 * @throws Error when it does not answer in `timeoutMs`, or refuses; the message holds its answer.
 */
const ask = (socketPath: string, method: string, path: string, body: string, timeoutMs: number): Promise<string> =>
  new Promise((resolve, reject) => {
    const asked = request(
      {
        socketPath,
        method,
        path,
        // Caddy checks the Host of its admin endpoint: on a Unix socket it is empty (RFC 9112, section 3.2). Only in
        // this form does Node.js send it so.
        headers: ['Host', '', 'Content-Type', 'application/json', 'Content-Length', `${Buffer.byteLength(body)}`],
        signal: AbortSignal.timeout(timeoutMs),
      },
      (response) => {
        let answer = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => {
          if (answer.length < longestAnswer) answer += chunk
        })
        response.on('error', reject)
        response.on('end', () => {
          if (response.statusCode === 200) resolve(answer)
          else reject(new Error(`Caddy answered ${response.statusCode} to ${method} ${path}: ${answer.trim()}`))
        })
      },
    )
    asked.on('error', reject)
    asked.end(body)
  })

/** True when Caddy is up and has a configuration. */
export const isAnswering = (adminSocket: string): Promise<boolean> =>
  ask(adminSocket, 'GET', '/config/apps/http/http_port', '', 10_000).then(
    () => true,
    () => false,
  )

/** Replaces the running configuration; connections go on. Caddy keeps the old one when it can't use the new one. */
export const loadConfig = async (adminSocket: string, config: string): Promise<void> => {
  await ask(adminSocket, 'POST', '/load', config, 30_000)
}
