#!/bin/bash
# Initialises an empty data directory from the variables of the official image, then becomes the server.
#   MYSQL_ROOT_PASSWORD          for root; required
#   MYSQL_ROOT_HOST              a second address, beside localhost, from where root may come; none if not given
#   MYSQL_DATABASE               made, if given
#   MYSQL_USER, MYSQL_PASSWORD   made, if given, with all rights on MYSQL_DATABASE
# Each also as NAME_FILE, the path of a file that holds the value.
# The server itself upgrades a data directory of an older release, and refuses one of a newer.
set -euo pipefail
# Nothing that the server keeps is for others, but for its socket, which the server opens by itself.
umask 077
. /usr/local/lib/entrypoint.sh
. /usr/local/lib/mysql-literals.sh

DATA=/var/lib/mysql

# One statement a line, the last of which ends the server.
accounts_sql() {
  local root_password root_host database user password grant_pattern
  root_password=$(setting MYSQL_ROOT_PASSWORD)
  root_host=$(setting MYSQL_ROOT_HOST)
  database=$(setting MYSQL_DATABASE)
  user=$(setting MYSQL_USER)
  password=$(setting MYSQL_PASSWORD)
  [ -n "$root_password" ] || fail 'MYSQL_ROOT_PASSWORD or MYSQL_ROOT_PASSWORD_FILE is required'
  echo "SET SESSION sql_mode = '';"
  echo "ALTER USER root@localhost IDENTIFIED BY $(literal "$root_password");"
  if [ -n "$root_host" ] && [ "$root_host" != localhost ]; then
    echo "CREATE USER root@$(literal "$root_host") IDENTIFIED BY $(literal "$root_password");"
    echo "GRANT ALL ON *.* TO root@$(literal "$root_host") WITH GRANT OPTION;"
  fi
  if [ -n "$database" ]; then
    echo "CREATE DATABASE IF NOT EXISTS $(identifier "$database");"
  fi
  if [ -n "$user" ]; then
    [ -n "$password" ] || fail 'MYSQL_USER needs MYSQL_PASSWORD'
    echo "CREATE USER $(literal "$user")@'%' IDENTIFIED BY $(literal "$password");"
  fi
  if [ -n "$user" ] && [ -n "$database" ]; then
    grant_pattern=${database//_/\\_}
    echo "GRANT ALL ON $(identifier "$grant_pattern").* TO $(literal "$user")@'%';"
  fi
  echo 'SHUTDOWN;'
}

# Accounts can't be changed while the server initialises, so it is started once more, for that file alone. Both have the
# server's own options, which may be what lets it fit into its memory.
initialise() {
  local sql
  echo 'docker-entrypoint.sh: initialising the data directory'
  begin_initialising "$DATA"
  sql=$(mktemp)
  accounts_sql >"$sql"
  "$@" --initialize-insecure >"$sql.log" 2>&1 || { cat "$sql.log" >&2 && fail 'mysqld --initialize-insecure failed'; }
  "$@" --skip-networking --socket=/tmp/init.sock --pid-file=/tmp/init.pid --init-file="$sql" >"$sql.log" 2>&1 ||
    { cat "$sql.log" >&2 && fail 'the accounts could not be made'; }
  rm -f "$sql" "$sql.log"
  end_initialising "$DATA"
  echo 'docker-entrypoint.sh: the data directory is initialised'
}

case "${1:-mysqld}" in
-*) set -- mysqld "$@" ;;
esac
if [ "${1:-}" = mysqld ]; then
  if needs_initialising "$DATA"; then
    initialise "$@"
  elif [ ! -d "$DATA/mysql" ]; then
    fail "$DATA holds files, but no MySQL: refusing to touch them"
  fi
fi
exec "$@"
