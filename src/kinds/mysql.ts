import type { DatabaseKind } from '../plan/kind.ts'
import { type DatabaseFlavour, databaseService } from './database-service.ts'
import { MYSQL_FAMILY, mysqlOptions } from './mysql-family.ts'

const FLAVOUR: DatabaseFlavour = {
  ...MYSQL_FAMILY,
  name: 'mysql',
  owner: { uid: 998, gid: 998 },
  command: (cache) => [
    'mysqld',
    ...mysqlOptions(cache),
    // Half of the server's memory when it has little to do.
    '--performance-schema=OFF',
    // Nothing replicates from here, and the log would fill the tenant's disk for a month.
    '--disable-log-bin',
    '--loose-mysqlx=OFF',
  ],
  environment: { MYSQL_ROOT_PASSWORD_FILE: '/run/secrets/root', MYSQL_ROOT_HOST: 'localhost' },
  sockets: '/var/run/mysqld',
  health: ['sh', '-c', 'MYSQL_PWD="$(cat /run/secrets/root)" exec mysql --user=root --execute="SELECT 1"'],
}

const majorOf = (version: string): number => Number.parseInt(version, 10)

const seriesOf = (version: string): string => version.split('.').slice(0, 2).join('.')

/** The last series of a major version: the next major version upgrades its data, and that of no earlier series. */
const LAST_SERIES: ReadonlyMap<number, string> = new Map([
  [8, '8.4'],
  [9, '9.7'],
])

/** MySQL manual, "Upgrade Paths". */
const upgradeObstacle = (served: string, wanted: string): string | undefined => {
  const major = majorOf(served)
  if (majorOf(wanted) === major) return undefined
  const last = LAST_SERIES.get(major)
  if (last === undefined) return 'dump its schemas, and restore them in the new version'
  if (seriesOf(served) !== last) return `choose ${last} first: the next major version upgrades its data alone`
  return majorOf(wanted) === major + 1 ? undefined : 'choose one major version after the other'
}

/** MySQL. */
export const mysql: DatabaseKind = {
  name: FLAVOUR.name,
  render: (context, database) => databaseService(context, database, FLAVOUR),
  upgradeObstacle,
}
