/** What MySQL and MariaDB have in common. */
export const MYSQL_FAMILY = {
  data: '/var/lib/mysql',
  socketName: 'mysqld.sock',
  stopSignal: 'SIGTERM',
} as const

/** Addresses are never looked up, and no client's files are read. */
export const mysqlOptions = (cache: number): string[] => [
  '--skip-name-resolve',
  '--character-set-server=utf8mb4',
  '--local-infile=OFF',
  `--innodb-buffer-pool-size=${cache}`,
]
