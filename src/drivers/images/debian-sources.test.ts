import { describe, expect, it } from 'vitest'
import { findDebianArchives, sourceLines } from './debian-sources.ts'

const targets = (...lines: string[]): string => `${lines.join('\n')}\n`

describe('findDebianArchives', () => {
  it('finds the main and the security archive', () => {
    const found = findDebianArchives(
      targets(
        'Packages http://mirror.test/debian/ bookworm main',
        'Translations http://mirror.test/debian/ bookworm main',
        'Packages http://mirror.test/debian-security/ bookworm-security main',
      ),
    )
    expect(found).toEqual({ main: 'http://mirror.test/debian/', security: 'http://mirror.test/debian-security/' })
  })

  it('passes over repositories that are not Debian, other components, and local ones', () => {
    const found = findDebianArchives(
      targets(
        'Packages https://packages.test/php/ bookworm main',
        'Packages https://docker.test/linux/debian/ bookworm stable',
        'Packages file:/srv/debian/ bookworm main',
        'Packages https://mirror.test/debian/ bookworm main',
      ),
    )
    expect(found).toEqual({ main: 'https://mirror.test/debian/' })
  })

  it('takes a snapshot of the archive', () => {
    const main = 'http://snapshot.test/archive/debian/20260101T000000Z/'
    expect(findDebianArchives(targets(`Packages ${main} bookworm main`))).toEqual({ main })
  })

  it('says where it looked when there is none', () => {
    expect(() => findDebianArchives('')).toThrow('/etc/apt')
  })
})

describe('sourceLines', () => {
  const mirror = { main: 'http://m.test/debian/', security: 'http://m.test/debian-security/', aptOptions: [] }

  it.each(['bullseye', 'bookworm', 'trixie'])(
    'takes updates and security fixes of %s from the same mirror',
    (suite) => {
      expect(sourceLines(mirror, suite)).toEqual([
        `deb http://m.test/debian/ ${suite} main`,
        `deb http://m.test/debian/ ${suite}-updates main`,
        `deb http://m.test/debian-security/ ${suite}-security main`,
      ])
    },
  )

  it('knows that sid has neither', () => {
    expect(sourceLines(mirror, 'sid')).toEqual(['deb http://m.test/debian/ sid main'])
  })
})
