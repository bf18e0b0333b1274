import { describe, expect, it } from 'vitest'
import { modeIn } from './apparmor.ts'
import { profileName, renderProfile } from './apparmor-profile.ts'

describe('the profile of services', () => {
  it('bears the name of its installation, also where it names its peers', () => {
    const text = renderProfile(profileName('palisade'))
    expect(text).toContain('\nprofile palisade-service flags=')
    expect(text.match(/peer=(\S+),/g)).toEqual(['peer=unconfined,', 'peer=palisade-service,', 'peer=palisade-service,'])
  })

  it('grants no capability and no mount', () => {
    const granted = renderProfile('x')
      .split('\n')
      .filter((line) => !line.includes('deny') && !line.startsWith('#'))
    expect(granted.join('\n')).not.toMatch(/capability|mount|change_profile|userns|raw,(?<!netlink raw,)/)
  })

  it.each(['', 'a b', 'a{}', '-x', 'A', 'x\n}', '"x"', '../x'])('is refused for the name %j', (name) => {
    expect(() => renderProfile(name)).toThrow(expect.objectContaining({ reason: 'InvalidName' }))
  })
})

describe("the kernel's list", () => {
  const list = 'palisade-service-2 (complain)\npalisade-service (enforce)\n/usr/bin/man (enforce)\n'

  it.each([
    ['palisade-service', 'enforce'],
    ['palisade-service-2', 'complain'],
    ['palisade', undefined],
  ])('has %s in mode %s', (name, mode) => {
    expect(modeIn(list, name)).toBe(mode)
  })
})
