import { request } from 'node:http'
import { connect } from 'node:tls'
import type { ServedCertificate } from '../../ports/certificates.ts'

/** An order with its challenges takes a few seconds; Caddy itself goes on for a minute and a half. */
const HANDSHAKE_MS = 20_000
const ANSWER_MS = 5_000

/** What the edge shows who asks for the host, whoever vouches for it; `none` when it refuses or is too slow. */
export const askEdge = (port: number, host: string): Promise<'none' | ServedCertificate> =>
  new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, servername: host, rejectUnauthorized: false })
    const end = (answer: 'none' | ServedCertificate): void => {
      socket.destroy()
      resolve(answer)
    }
    socket.setTimeout(HANDSHAKE_MS, () => end('none'))
    socket.on('error', () => end('none'))
    socket.on('close', () => end('none'))
    socket.on('secureConnect', () => {
      const { issuer, valid_from, valid_to, fingerprint256 } = socket.getPeerCertificate()
      end({
        issuer: [issuer.CN ?? issuer.O ?? 'unknown'].flat().join(' '),
        validFrom: Date.parse(valid_from),
        validTo: Date.parse(valid_to),
        fingerprint: fingerprint256,
      })
    })
  })

/** Status of the answer to a visitor's first request; 0 when there is none. */
export const answerOf = (port: number, host: string): Promise<number> =>
  new Promise((resolve) => {
    const asked = request(
      { host: '127.0.0.1', port, method: 'HEAD', headers: { Host: host }, signal: AbortSignal.timeout(ANSWER_MS) },
      (response) => {
        response.resume()
        resolve(response.statusCode ?? 0)
      },
    )
    asked.on('error', () => resolve(0))
    asked.end()
  })
