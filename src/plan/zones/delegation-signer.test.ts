import { expect, it } from 'vitest'
import { delegationSigner } from './delegation-signer.ts'

it('is what RFC 6605 section 6.1 shows', () => {
  const publicKey = 'GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edbkrSqQpF64cYbcB7wNcP+e+MAnLr+Wi9xMWyQLc8NAA=='
  expect(delegationSigner('example.net', { flags: 257, protocol: 3, algorithm: 13, publicKey })).toBe(
    '55648 13 2 B4C8C1FE2E7477127B27115656AD6256F424625BF5C1E2770CE6D6E37DF61D17',
  )
})
