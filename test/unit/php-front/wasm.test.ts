import { describe, expect, it } from 'vitest'
import { limitInitialMemory } from '../../../images/php-8.1/files/opt/php/front/wasm-memory.js'
import { repairUploads } from '../../../images/php-8.1/files/opt/php/front/wasm-repair.js'

describe('limitInitialMemory', () => {
  const PREAMBLE = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]
  /** One memory of 16,384 to 32,768 pages, as the interpreters have it. */
  const MEMORY = [5, 8, 1, 1, 0x80, 0x80, 1, 0x80, 0x80, 2]
  const CUSTOM = [0, 2, 1, 0x78]

  it('changes the minimum alone', () => {
    const binary = Buffer.from([...PREAMBLE, ...CUSTOM, ...MEMORY, ...CUSTOM])
    limitInitialMemory(binary, 64 * 1024 * 1024)
    const changed = [5, 8, 1, 1, 0x80, 0x88, 0, 0x80, 0x80, 2]
    expect([...binary]).toEqual([...PREAMBLE, ...CUSTOM, ...changed, ...CUSTOM])
  })

  it('refuses a binary without memory, or with less', () => {
    expect(() => limitInitialMemory(Buffer.from([...PREAMBLE, ...CUSTOM]), 65_536)).toThrow('no memory')
    expect(() => limitInitialMemory(Buffer.from([...PREAMBLE, 5, 4, 1, 1, 1, 2]), 131_072)).toThrow('another memory')
  })
})

describe('repairUploads', () => {
  /** As the interpreter of PHP 5.6 has it: a list at an address is destroyed unless it is empty. */
  const SHUTDOWN = [1, 3, 0x7f, 0x41, 0xb8, 0xd1, 0xc6, 1, 0x28, 2, 0, 4, 0x40, 0x10, 0x9b, 0x1a, 0x0b, 0x41]
  const OTHER = [1, 3, 0x7f, 0x41, 0xb8, 0xd1, 0xc6, 1, 0x28, 2, 4, 0x0b]

  it('takes out the call alone', () => {
    const binary = Buffer.from([...OTHER, ...SHUTDOWN, ...OTHER])
    repairUploads(binary)
    const repaired = [...SHUTDOWN.slice(0, 13), 1, 1, 1, 0x0b, 0x41]
    expect([...binary]).toEqual([...OTHER, ...repaired, ...OTHER])
  })

  it('refuses a binary where there is no such function, or more than one', () => {
    expect(() => repairUploads(Buffer.from(OTHER))).toThrow('0 functions')
    expect(() => repairUploads(Buffer.from([...SHUTDOWN, ...SHUTDOWN]))).toThrow('2 functions')
  })
})
