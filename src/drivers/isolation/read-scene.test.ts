import { expect, it } from 'vitest'
import { listeningPorts } from './read-scene.ts'

const TABLE = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:07E8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 542 1 00000000f4e8f187 100 0 0 10 0
   1: 0100007F:9C40 0100007F:07E8 01 00000000:00000000 00:00000000 00000000     0        0 543 1 00000000f4e8f187 100 0 0 10 0
   2: 00000000000000000000000001000000:0CEA 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000
`

it('finds the ports that are listened on, in either family, and no connections', () => {
  expect(listeningPorts(TABLE)).toEqual([2024, 3306])
})
