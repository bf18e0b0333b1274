#!/bin/bash
# Initialises an empty data directory from the variables of the official image, then becomes the server.
#   MARIADB_ROOT_PASSWORD            for root@localhost, the only root; required
#   MARIADB_DATABASE                 made, if given
#   MARIADB_USER, MARIADB_PASSWORD   made, if given, with all rights on MARIADB_DATABASE
# Each also as NAME_FILE, the path of a file that holds the value.
#   MARIADB_AUTO_UPGRADE             if not empty, system tables of an older release are upgraded before the start
# A data directory that a newer release has served is refused.
set -euo pipefail
# Nothing that the server keeps is for others.
umask 077
. /usr/local/lib/entrypoint.sh
. /usr/local/lib/mysql-literals.sh

DATA=/var/lib/mysql
HEALTHCHECK_OPTIONS=$DATA/.my-healthcheck.cnf
# In a directory that only this container has: the server behind it asks nobody for a password.
PRIVATE_SOCKET=/tmp/upgrade.sock

random_password() {
  od -An -N24 -tx1 /dev/urandom | tr -d ' \n'
}

# Statements end at the end of a line, as the server reads them while it bootstraps.
accounts_sql() {
  local root_password database user password grant_pattern
  root_password=$(setting MARIADB_ROOT_PASSWORD)
  database=$(setting MARIADB_DATABASE)
  user=$(setting MARIADB_USER)
  password=$(setting MARIADB_PASSWORD)
  [ -n "$root_password" ] || fail 'MARIADB_ROOT_PASSWORD or MARIADB_ROOT_PASSWORD_FILE is required'
  echo "SET SESSION sql_mode = '';"
  echo "DELETE FROM mysql.global_priv WHERE User = '' OR (User = 'root' AND Host <> 'localhost');"
  echo "DELETE FROM mysql.proxies_priv WHERE Host <> 'localhost';"
  echo "FLUSH PRIVILEGES;"
  echo "ALTER USER root@localhost IDENTIFIED BY $(literal "$root_password");"
  echo "CREATE USER healthcheck@localhost IDENTIFIED BY $(literal "$1");"
  if [ -n "$database" ]; then
    echo "CREATE DATABASE IF NOT EXISTS $(identifier "$database");"
  fi
  if [ -n "$user" ]; then
    [ -n "$password" ] || fail 'MARIADB_USER needs MARIADB_PASSWORD'
    echo "CREATE USER $(literal "$user")@'%' IDENTIFIED BY $(literal "$password");"
  fi
  if [ -n "$user" ] && [ -n "$database" ]; then
    grant_pattern=${database//_/\\_}
    echo "GRANT ALL ON $(identifier "$grant_pattern").* TO $(literal "$user")@'%';"
  fi
}

initialise() {
  local sql healthcheck_password
  echo 'docker-entrypoint.sh: initialising the data directory'
  begin_initialising "$DATA"
  healthcheck_password=$(random_password)
  sql=$(mktemp)
  accounts_sql "$healthcheck_password" >"$sql"
  mariadb-install-db --datadir="$DATA" --auth-root-authentication-method=normal --skip-test-db --skip-name-resolve \
    --extra-file="$sql" >"$sql.log" 2>&1 || { cat "$sql.log" >&2 && fail 'mariadb-install-db failed'; }
  rm -f "$sql" "$sql.log"
  printf '[client]\nuser=healthcheck\npassword=%s\n' "$healthcheck_password" >"$HEALTHCHECK_OPTIONS"
  end_initialising "$DATA"
  echo 'docker-entrypoint.sh: the data directory is initialised'
}

# The release that served the data directory last, such as 10.11; nothing when no release has left its name.
data_release() {
  local file
  for file in "$DATA/mariadb_upgrade_info" "$DATA/mysql_upgrade_info"; do
    if [ -f "$file" ]; then
      grep -oE '^[0-9]+\.[0-9]+' "$file" || true
      return
    fi
  done
}

server_release() {
  mariadbd --version | grep -oE 'Ver [0-9]+\.[0-9]+' | cut -d' ' -f2
}

# Whether release $1 comes before release $2.
is_before() {
  [ "$1" != "$2" ] && [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]
}

await_private_server() {
  until mariadb --no-defaults --socket="$PRIVATE_SOCKET" --user=root --execute 'SELECT 1' >/dev/null 2>&1; do
    kill -0 "$1" 2>/dev/null || fail 'the server ended while its system tables were to be upgraded'
    sleep 0.2
  done
}

# An interrupted one is done again: the name of the release is written at its end.
upgrade() {
  local server
  echo "docker-entrypoint.sh: upgrading the system tables from $1 to $2"
  mariadbd --skip-networking --skip-grant-tables --socket="$PRIVATE_SOCKET" --pid-file=/tmp/upgrade.pid &
  server=$!
  trap 'kill -TERM "$server" && wait "$server"; exit 143' TERM INT
  await_private_server "$server"
  mariadb-upgrade --no-defaults --socket="$PRIVATE_SOCKET" --user=root --upgrade-system-tables
  kill -TERM "$server"
  wait "$server"
  trap - TERM INT
  echo 'docker-entrypoint.sh: the system tables are upgraded'
}

prepare_data() {
  local from to
  if needs_initialising "$DATA"; then
    initialise
    return
  fi
  [ -d "$DATA/mysql" ] || fail "$DATA holds files, but no MariaDB: refusing to touch them"
  from=$(data_release)
  to=$(server_release)
  [ -n "$from" ] || return 0
  if is_before "$to" "$from"; then
    fail "$DATA was served by MariaDB $from, and this is $to: a downgrade would damage the data"
  fi
  if [ -n "${MARIADB_AUTO_UPGRADE:-}" ] && is_before "$from" "$to"; then
    upgrade "$from" "$to"
  fi
}

case "${1:-mariadbd}" in
-*) set -- mariadbd "$@" ;;
mysqld) set -- mariadbd "${@:2}" ;;
esac
if [ "${1:-}" = mariadbd ]; then
  prepare_data
fi
exec "$@"
