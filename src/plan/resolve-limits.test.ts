import { expect, it } from 'vitest'
import { resolveLimits } from './resolve-limits.ts'
import { UNLIMITED } from './resources.ts'

const plan = {
  defaults: {
    limits: {
      memory: '2Gi',
      storage: '5Gi',
      bandwidth: { in: '10M', out: '20M' },
      io: { read: '3M', writeOperations: 500 },
    },
  },
  ceilings: { limits: {} },
}

it('takes each limit from the account, then from its plan, then leaves it open', () => {
  const limits = { cpu: '500m', inodes: 20_000, bandwidth: { out: '1G' }, io: { write: '1Mi' } }
  expect(resolveLimits({ limits }, plan)).toEqual({
    limits: { cpuMillis: 500, memoryBytes: 2 * 2 ** 30, pids: 512 },
    io: { readBytes: 3_000_000, writeBytes: 2 ** 20, readOperations: UNLIMITED, writeOperations: 500 },
    storage: { bytes: 5 * 2 ** 30, inodes: 20_000 },
    bandwidth: { in: 10_000_000, out: 1_000_000_000 },
  })
})

it('keeps an open limit through JSON', () => {
  const open = resolveLimits({ limits: {} }, undefined)
  expect(JSON.parse(JSON.stringify(open))).toEqual(open)
  expect(open.storage).toEqual({ bytes: UNLIMITED, inodes: UNLIMITED })
})
