import { describe, expect, it } from 'vitest'
import { fakeClock } from '../../../test/fakes/fake-clock.ts'
import { UNLIMITED } from '../../plan/resources.ts'
import type { RunProgram } from './program.ts'
import { createShapingTable, parseShaping } from './shaping-observation.ts'
import { shapeLine } from './shaping-rules.ts'

const bucket = (dev: string, options: object) => ({ kind: 'tbf', handle: '1:', dev, root: true, options })
const listing = (queues: readonly object[], actions: readonly object[] = []): string =>
  `\n${JSON.stringify(queues)}\n${JSON.stringify([{ 'total acts': actions.length }, { actions }])}\n`

describe('what tc lists', () => {
  it('tells the rate of a bucket that stands as we set it', () => {
    expect(shapeLine('pal0', 100_000_000)).toContain('rate 100000000bit burst 250000b latency 50ms')
    // Ticks of 64 ns make burst and latency a little other than they were set.
    const seen = parseShaping(listing([bucket('pal0', { rate: 12_500_000, burst: 249_700, lat: 50_001 })]))
    expect(seen.get('pal0')).toMatchObject({ rate: 100_000_000, hasBucket: true, hasIngress: false })
  })

  it.each([
    ['another burst', { rate: 12_500_000, burst: 625_000, lat: 50_000 }],
    ['a longer queue', { rate: 12_500_000, burst: 250_000, lat: 900_000 }],
    ['options that are unknown', {}],
  ])('takes a bucket with %s for no limit of ours', (_what, options) => {
    const seen = parseShaping(listing([bucket('pal0', options)]))
    expect(seen.get('pal0')).toMatchObject({ rate: UNLIMITED, hasBucket: true })
  })

  it('takes only a redirect that a filter uses for one', () => {
    const redirect = (to_dev: string, bind: number) => ({ kind: 'mirred', mirred_action: 'redirect', to_dev, bind })
    const seen = parseShaping(
      listing(
        [
          { kind: 'ingress', dev: 'pal0' },
          { kind: 'noqueue', dev: 'lo', root: true },
        ],
        [redirect('pal0o', 1), redirect('pal1o', 0)],
      ),
    )
    expect(seen.get('pal0')?.hasIngress).toBe(true)
    expect(seen.get('pal0o')?.isFed).toBe(true)
    expect(seen.get('pal1o')).toBeUndefined()
  })

  it('is asked for once in a second, whoever looks, and again after a change', async () => {
    const clock = fakeClock()
    let runs = 0
    const runProgram: RunProgram = async () => {
      runs += 1
      return listing([])
    }
    const table = createShapingTable(runProgram, clock)
    await Promise.all([table.read('pal0'), table.read('pal1'), table.read('pal2')])
    expect(runs).toBe(1)
    table.forget()
    await table.read('pal0')
    expect(runs).toBe(2)
    await clock.advance(1_000)
    await table.read('pal0')
    expect(runs).toBe(3)
  })
})
