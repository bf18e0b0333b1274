import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { SingleFlight } from './single-flight.ts'

const never = new AbortController().signal

const failOnAbort = (signal: AbortSignal): Promise<string> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))

describe('SingleFlight', () => {
  it('runs work of one key once for all who ask meanwhile', async () => {
    const flights = new SingleFlight<number>()
    let runs = 0
    const work = async () => ++runs
    expect(await Promise.all([flights.run('a', work, never), flights.run('a', work, never)])).toEqual([1, 1])
    expect(await flights.run('a', work, never)).toBe(2)
  })

  it('shares a failure, and forgets it', async () => {
    const flights = new SingleFlight<string>()
    const failing = () => Promise.reject(new Error('no disk'))
    const both = [flights.run('a', failing, never), flights.run('a', failing, never)]
    expect((await Promise.allSettled(both)).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(await flights.run('a', async () => 'done', never)).toBe('done')
  })

  it('lets who waits leave, and the work go on', async () => {
    const flights = new SingleFlight<string>()
    const finishing = new EventTarget()
    const leaving = new AbortController()
    const work = async (): Promise<string> => {
      await once(finishing, 'finish')
      return 'done'
    }
    const first = flights.run('a', work, never)
    const second = flights.run('a', work, leaving.signal)
    leaving.abort()
    await expect(second).rejects.toThrow('aborted')
    finishing.dispatchEvent(new Event('finish'))
    expect(await first).toBe('done')
  })

  it('has the next one begin anew when the first one leaves', async () => {
    const flights = new SingleFlight<string>()
    const leaving = new AbortController()
    const first = flights.run('a', () => failOnAbort(leaving.signal), leaving.signal)
    const second = flights.run('a', async () => 'second', never)
    leaving.abort()
    await expect(first).rejects.toThrow('aborted')
    expect(await second).toBe('second')
  })
})
