import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Workers } from '../../../images/php-8.1/files/opt/php/front/workers.js'

interface FakeWorker {
  readonly key: string
  readonly exit: () => void
}

const demand = (key: string, more: { maxChildren?: number; maxRequests?: number } = {}) => ({
  key,
  maxChildren: 2,
  maxRequests: 0,
  idleTimeoutMs: 10_000,
  settings: { ini: '', environment: {}, memoryBytes: 0 },
  ...more,
})

const setUp = (limit: number, isWorn: (worker: FakeWorker) => boolean = () => false) => {
  const started: FakeWorker[] = []
  const stopped: FakeWorker[] = []
  const workers = new Workers<FakeWorker>(
    {
      start: ({ key }, exit) => {
        const worker = { key, exit }
        started.push(worker)
        return worker
      },
      stop: (worker) => stopped.push(worker),
      isWorn,
    },
    limit,
  )
  /** Begins a request; `end` ends it. */
  const request = (key: string, more = {}) => {
    let resolve = (): void => undefined
    const promise = new Promise<void>((done) => {
      resolve = done
    })
    const state = { worker: undefined as FakeWorker | undefined }
    const over = workers.lend(demand(key, more), (worker) => {
      state.worker = worker
      return promise
    })
    const end = async (): Promise<void> => {
      resolve()
      await over
    }
    return { state, end }
  }
  return { workers, started, stopped, request }
}

const settled = async (): Promise<void> => {
  await vi.advanceTimersByTimeAsync(0)
}

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('Workers', () => {
  it('uses an idle one again, and ends it when it has been idle for its time', async () => {
    const { started, stopped, request } = setUp(5)
    for (let count = 0; count < 3; count += 1) {
      const { end } = request('a')
      await settled()
      await end()
    }
    expect(started).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(9_999)
    expect(stopped).toEqual([])
    await vi.advanceTimersByTimeAsync(1)
    expect(stopped).toEqual(started)
  })

  it('starts no more than a pool may have; the others wait in turn', async () => {
    const { started, request } = setUp(5)
    const requests = [request('a'), request('a'), request('a')]
    await settled()
    expect(started).toHaveLength(2)
    expect(requests[2]?.state.worker).toBeUndefined()
    await requests[0]?.end()
    await settled()
    expect(requests[2]?.state.worker).toBe(started[0])
  })

  it('starts no more than memory allows, and gives up an idle one of another pool for it', async () => {
    const { started, stopped, request } = setUp(2)
    const [first, second, third] = [request('a'), request('b'), request('c')]
    await settled()
    expect(started.map(({ key }) => key)).toEqual(['a', 'b'])
    await first.end()
    await settled()
    expect(stopped.map(({ key }) => key)).toEqual(['a'])
    expect(third.state.worker?.key).toBe('c')
    await Promise.all([second.end(), third.end()])
  })

  it('replaces one that died, and lets those go on that waited', async () => {
    const { started, request } = setUp(1)
    const [first, second] = [request('a'), request('a')]
    await settled()
    started[0]?.exit()
    await settled()
    expect(second.state.worker).toBe(started[1])
    await Promise.all([first.end(), second.end()])
    expect(started).toHaveLength(2)
  })

  it('replaces one after its last request, or once it is worn', async () => {
    const counted = setUp(1)
    for (let count = 0; count < 3; count += 1) {
      const { end } = counted.request('a', { maxRequests: 2 })
      await settled()
      await end()
    }
    expect([counted.started.length, counted.stopped.length]).toEqual([2, 1])
    const worn = setUp(1, () => true)
    const { end } = worn.request('a')
    await settled()
    await end()
    expect(worn.stopped).toEqual(worn.started)
  })

  it('ends the idle ones of pools that are no more', async () => {
    const { workers, stopped, request } = setUp(5)
    const requests = [request('a'), request('b'), request('c')]
    await settled()
    await Promise.all(requests.slice(0, 2).map(({ end }) => end()))
    workers.retain(new Set(['b']))
    expect(stopped.map(({ key }) => key)).toEqual(['a'])
  })
})
