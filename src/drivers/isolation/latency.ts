import { Agent as HttpAgent, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { Latency, LatencyMeter } from '../../isolation/ports.ts'

export interface LatencyOptions {
  /** Host name of one of the neighbour's sites. */
  readonly host: string
  readonly httpPort: number
  readonly httpsPort: number
}

const INTERVAL_MS = 20
const TIMEOUT_MS = 10_000
const PERCENTILE = 0.99
const REDIRECT = 300

type Ask = () => Promise<number>

/** Answers the status; rejects when none came. */
const asking = ({ host, httpPort, httpsPort }: LatencyOptions, secure: boolean): Ask => {
  const options = { host: '127.0.0.1', headers: { Host: host }, timeout: TIMEOUT_MS }
  const http = new HttpAgent({ keepAlive: true })
  const https = new HttpsAgent({ keepAlive: true, rejectUnauthorized: false, servername: host })
  return () =>
    new Promise((resolve, reject) => {
      const asked = secure
        ? httpsRequest({ ...options, port: httpsPort, agent: https })
        : httpRequest({ ...options, port: httpPort, agent: http })
      asked.on('response', (response) => {
        response.on('error', reject).on('end', () => resolve(response.statusCode ?? 0))
        response.resume()
      })
      asked.on('timeout', () => asked.destroy(new Error('no answer in time')))
      asked.on('error', reject).end()
    })
}

const p99 = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(sorted.length * PERCENTILE) - 1)] ?? Number.POSITIVE_INFINITY
}

/** A status of the site's own counts as an answer, whatever it is; the edge's word that the site is gone does not. */
const isAnswer = (status: number): boolean => status > 0 && status < 502

const measure = async (ask: Ask, work: () => Promise<void>): Promise<Latency> => {
  const times: number[] = []
  const pending = new Set<Promise<void>>()
  let unanswered = 0
  const once = async (): Promise<void> => {
    const begun = performance.now()
    const status = await ask().catch(() => 0)
    times.push(performance.now() - begun)
    if (!isAnswer(status)) unanswered++
  }
  // At a steady rate, not one after another: an answer that is late must not keep the next question from being asked.
  const timer = setInterval(() => {
    const asked = once().finally(() => pending.delete(asked))
    pending.add(asked)
  }, INTERVAL_MS)
  try {
    await work()
  } finally {
    clearInterval(timer)
    await Promise.all(pending)
  }
  return { p99Ms: p99(times), asked: times.length, unanswered }
}

/** Asks for the neighbour's page through the edge, fifty times a second, over TLS where the site has it. */
export const latencyMeter = async (options: LatencyOptions): Promise<LatencyMeter> => {
  const status = await asking(options, false)().catch(() => 0)
  const ask = asking(options, status >= REDIRECT && status < 400)
  return (work) => measure(ask, work)
}
