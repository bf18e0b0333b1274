import { describe, expect, it } from 'vitest'
import { lostLink } from './link-watch.ts'

describe('a line of ip monitor', () => {
  it.each([
    ['Deleted 12: pal0@if2: <BROADCAST,MULTICAST> mtu 1500 qdisc noop state DOWN group default', 'pal0'],
    ['Deleted 13: ifb3: <BROADCAST,NOARP> mtu 1500', 'ifb3'],
    ['12: pal7@if2: <BROADCAST,MULTICAST> mtu 1500 qdisc noqueue state DOWN group default', 'pal7'],
    ['12: pal7@if2: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group default', undefined],
    ['', undefined],
  ])('%s', (line, name) => {
    expect(lostLink(line)).toBe(name)
  })
})
