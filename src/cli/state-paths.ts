import { join } from 'node:path'
import { hostLayout } from '../plan/settings.ts'

/** What the command line reads of the state directory, with or without a daemon. */
export const statePaths = (state: string) => {
  const layout = hostLayout({ stateDirectory: state, runDirectory: '', dataRoot: state })
  return {
    accounts: join(layout.status, 'accounts'),
    hosts: join(layout.status, 'hosts'),
    records: join(layout.records, 'accounts'),
    events: layout.events,
  }
}
