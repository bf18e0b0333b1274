import type { DatabaseKind } from '../plan/kind.ts'
import { type DatabaseFlavour, databaseService } from './database-service.ts'
import { MYSQL_FAMILY, mysqlOptions } from './mysql-family.ts'

const FLAVOUR: DatabaseFlavour = {
  ...MYSQL_FAMILY,
  name: 'mariadb',
  owner: { uid: 999, gid: 999 },
  command: (cache) => ['mariadbd', ...mysqlOptions(cache)],
  environment: {
    MARIADB_ROOT_PASSWORD_FILE: '/run/secrets/root',
    MARIADB_ROOT_HOST: 'localhost',
    MARIADB_AUTO_UPGRADE: '1',
  },
  sockets: '/run/mysqld',
  health: ['healthcheck.sh', '--connect', '--innodb_initialized'],
}

/** MariaDB. A newer one upgrades the data of any older one. */
export const mariadb: DatabaseKind = {
  name: FLAVOUR.name,
  render: (context, database) => databaseService(context, database, FLAVOUR),
  upgradeObstacle: () => undefined,
}
