import type { DatabaseKind } from '../plan/kind.ts'
import { type DatabaseFlavour, databaseService } from './database-service.ts'

const FLAVOUR: DatabaseFlavour = {
  name: 'postgres',
  owner: { uid: 997, gid: 997 },
  command: (cache) => ['postgres', '-c', `shared_buffers=${cache / 1024}kB`],
  environment: { POSTGRES_PASSWORD_FILE: '/run/secrets/root', PGDATA: '/var/lib/postgresql/data' },
  data: '/var/lib/postgresql/data',
  sockets: '/var/run/postgresql',
  socketName: '.s.PGSQL.5432',
  health: [
    'sh',
    '-c',
    'PGPASSWORD="$(cat /run/secrets/root)" exec psql --username=postgres --no-password --command="SELECT 1"',
  ],
  // Ends sessions at once; SIGTERM would wait for the last client (pg_ctl(1), "fast").
  stopSignal: 'SIGINT',
}

const majorOf = (version: string): string => version.split('.', 1)[0] ?? ''

/** PostgreSQL. No major version reads the data of another. */
export const postgres: DatabaseKind = {
  name: FLAVOUR.name,
  render: (context, database) => databaseService(context, database, FLAVOUR),
  upgradeObstacle: (served, wanted) =>
    majorOf(served) === majorOf(wanted)
      ? undefined
      : 'dump the schemas with pg_dump, take the database out of the spec with removedData: delete, put it back in the new version, and restore the dumps',
}
