import { describe, expect, it } from 'vitest'
import { isVerifierOf, scramVerifier } from './scram.ts'

/** The example of RFC 7677, section 3. */
const SALT = 'W22ZaJ0SNY7soEsUEjb6gQ=='
const KEYS = 'WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU='
const VERIFIER = `SCRAM-SHA-256$4096:${SALT}$${KEYS}`

describe('scramVerifier', () => {
  it('makes what the RFC makes', async () => {
    expect(await scramVerifier('pencil', Buffer.from(SALT, 'base64'))).toBe(VERIFIER)
  })
})

describe('isVerifierOf', () => {
  it('knows the password, also with other salt and iterations', async () => {
    expect(await isVerifierOf(VERIFIER, 'pencil')).toBe(true)
    expect(await isVerifierOf(await scramVerifier('pencil', Buffer.from('other'), 10), 'pencil')).toBe(true)
    expect(await isVerifierOf(VERIFIER, 'pencils')).toBe(false)
  })

  it.each(['', 'md5a3556571e93b0d20722ba62be61e8c2d', `SCRAM-SHA-256$999999999:${SALT}$${KEYS}`, 'SCRAM-SHA-256$'])(
    'does not take %j',
    async (verifier) => {
      expect(await isVerifierOf(verifier, 'pencil')).toBe(false)
    },
  )
})
