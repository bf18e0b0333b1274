import { zonesContract } from '../contract/zones.ts'
import { startNameServer } from '../fixtures/name-server.ts'

zonesContract('BIND', startNameServer)
