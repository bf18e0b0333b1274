import { describe, expect, it } from 'vitest'
import { complaint } from './skopeo.ts'

const fatal = (message: string): string => `time="2026-01-01T00:00:00Z" level=fatal msg="${message}"`

describe('complaint', () => {
  it.each([
    [
      'a tag that is not there',
      'initializing source docker://r.test/library/php:9: reading manifest 9 in r.test/library/php: manifest unknown: manifest unknown',
      'reading manifest 9 in r.test/library/php: manifest unknown',
    ],
    [
      'a registry that is down',
      'initializing source docker://r.test:5000/a:1: pinging container registry r.test:5000: Get \\"http://r.test:5000/v2/\\": dial tcp 192.0.2.1:5000: connect: connection refused',
      'pinging container registry r.test:5000: Get "http://r.test:5000/v2/": dial tcp 192.0.2.1:5000: connect: connection refused',
    ],
    [
      'a connection, without its own port',
      'Get \\"https://r.test/v2/\\": read tcp 192.0.2.9:43210->192.0.2.1:443: read: connection reset by peer',
      'Get "https://r.test/v2/": read tcp 192.0.2.1:443: read: connection reset by peer',
    ],
    [
      'an address, without its signature',
      'Get \\"https://cdn.test/blob?X-Signature=secret&X-Date=1\\": EOF',
      'Get "https://cdn.test/blob": EOF',
    ],
  ])('tells of %s', (_what, message, told) => {
    const warning = 'time="2026-01-01T00:00:00Z" level=warning msg="Failed, retrying in 1s ... (1/2). Error: x"'
    expect(complaint(`${warning}\n${fatal(message)}\n`)).toBe(told)
  })

  it('takes another last line as it is', () => {
    expect(complaint('panic: no disk\n')).toBe('panic: no disk')
    expect(complaint('')).toBe('')
  })
})
