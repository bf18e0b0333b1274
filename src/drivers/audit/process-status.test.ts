import { describe, expect, it } from 'vitest'
import { parseStatus, uidInside } from './process-status.ts'

const MAP = '         0 1060000000          1\n         1 1070000000      65536'

const status = (changes: Readonly<Record<string, string>> = {}): string =>
  Object.entries({
    Name: 'nginx',
    Uid: '1070000100\t1070000100\t1070000100\t1070000100',
    CapInh: '0000000000000000',
    CapPrm: '0000000000000000',
    CapEff: '0000000000000000',
    CapBnd: '0000000000000000',
    NoNewPrivs: '1',
    Seccomp: '2',
    ...changes,
  })
    .map(([name, value]) => `${name}:\t${value}`)
    .join('\n')

describe('the status of a process', () => {
  it('of a service has no capability, a filter and no way to more', () => {
    expect(parseStatus(7, status(), MAP, '')).toEqual({
      pid: 7,
      command: 'nginx',
      uid: 101,
      capabilities: [],
      seccomp: 'filter',
      noNewPrivileges: true,
      apparmor: '',
    })
  })

  it('names the capabilities of all sets, and those that have no name yet', () => {
    const { capabilities } = parseStatus(7, status({ CapEff: '0000000000000001', CapBnd: '8000010000000400' }), MAP, '')
    expect(capabilities).toEqual(['CHOWN', 'NET_BIND_SERVICE', 'CHECKPOINT_RESTORE', '63'])
  })

  it.each([
    ['0', 'disabled'],
    ['1', 'strict'],
    ['2', 'filter'],
  ])('has seccomp %s as %s', (mode, seccomp) => {
    expect(parseStatus(7, status({ Seccomp: mode }), MAP, '').seccomp).toBe(seccomp)
  })

  it('without the kernel telling of it has neither filter nor bound', () => {
    const { seccomp, noNewPrivileges } = parseStatus(7, 'Name:\tnginx', MAP, '')
    expect([seccomp, noNewPrivileges]).toEqual(['disabled', false])
  })
})

describe('an id of the host inside of a user namespace', () => {
  it.each([
    [1_060_000_000, 0],
    [1_070_000_000, 1],
    [1_070_065_535, 65_536],
    [1_070_065_536, 'unmapped'],
    [0, 'unmapped'],
  ])('%i is %s', (outside, inside) => {
    expect(uidInside(outside, MAP)).toBe(inside)
  })
})
