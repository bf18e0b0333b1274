import { expect, it } from 'vitest'
import { parseReport } from './btrfs-report.ts'

const HEAD = `Qgroupid    Referenced    Exclusive Parent     Path 
--------    ----------    --------- ------     ---- 
`

const REPORT = `${HEAD}0/5              16384        16384 -          <toplevel>
0/256         52412416     52412416 1/77,2/3   tenants/a
0/257            16384        16384 -          <stale>
0/258            16384        16384 -          tenants/a b/c
1/77          52412416     52412416 -          <0 member qgroups>
`

it('tells of each subvolume by which groups it is counted, and where it is', () => {
  expect(parseReport(REPORT, [5, 256, 257, 258])).toEqual([
    { id: 5, groups: [], path: '' },
    { id: 256, groups: [77], path: 'tenants/a' },
    { id: 257, groups: [], path: '' },
    { id: 258, groups: [], path: 'tenants/a b/c' },
  ])
})

it.each([
  ['a row that a name forged', `${REPORT}0/300  1 1 - tenants/bob\n`, [5, 256, 257, 258]],
  ['a row that a name forged for a subvolume that there is', `${REPORT}0/256  1 1 - tenants/bob\n`, [5, 256, 257, 258]],
  ['a line that is no row', `${REPORT}and more\n`, [5, 256, 257, 258]],
  ['a subvolume that came meanwhile', REPORT, [5, 256, 257, 258, 259]],
  ['no report at all', '', [5]],
])('does not trust a report with %s', (_what, text, counted) => {
  expect(parseReport(text, counted)).toBeUndefined()
})
