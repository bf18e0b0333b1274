#!/bin/bash
# Initialises an empty data directory from the variables of the official image, then becomes the server.
#   MARIADB_ROOT_PASSWORD            for root@localhost, the only root; required
#   MARIADB_DATABASE                 made, if given
#   MARIADB_USER, MARIADB_PASSWORD   made, if given, with all rights on MARIADB_DATABASE
# Each also as NAME_FILE, the path of a file that holds the value.
set -euo pipefail
# Nothing that the server keeps is for others.
umask 077

DATA=/var/lib/mysql
# Stands while the data directory is being initialised: if it is there at start, what lies beside it is a torso.
MARKER=$DATA/.initialising
HEALTHCHECK_OPTIONS=$DATA/.my-healthcheck.cnf

fail() {
  echo "docker-entrypoint.sh: $1" >&2
  exit 1
}

# Prints the value of NAME, or the content of the file that NAME_FILE names, without the newline at its end.
setting() {
  local file_name="$1_FILE"
  if [ -n "${!1:-}" ] && [ -n "${!file_name:-}" ]; then
    fail "$1 and $file_name exclude each other"
  fi
  if [ -z "${!file_name:-}" ]; then
    printf '%s' "${!1:-}"
    return
  fi
  [ -r "${!file_name}" ] || fail "$file_name: cannot read ${!file_name}"
  printf '%s' "$(<"${!file_name}")"
}

# An SQL string literal; sql_mode has to be without NO_BACKSLASH_ESCAPES.
literal() {
  local text=${1//\\/\\\\}
  text=${text//\'/\\\'}
  printf "'%s'" "${text//$'\n'/\\n}"
}

# An SQL identifier.
identifier() {
  printf '`%s`' "${1//\`/\`\`}"
}

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
  : >"$MARKER"
  sync "$MARKER" "$DATA"
  find "$DATA" -mindepth 1 -maxdepth 1 ! -path "$MARKER" ! -name lost+found -exec rm -rf -- {} +
  healthcheck_password=$(random_password)
  sql=$(mktemp)
  accounts_sql "$healthcheck_password" >"$sql"
  mariadb-install-db --datadir="$DATA" --auth-root-authentication-method=normal --skip-test-db --skip-name-resolve \
    --extra-file="$sql" >"$sql.log" 2>&1 || { cat "$sql.log" >&2 && fail 'mariadb-install-db failed'; }
  rm -f "$sql" "$sql.log"
  printf '[client]\nuser=healthcheck\npassword=%s\n' "$healthcheck_password" >"$HEALTHCHECK_OPTIONS"
  # All of it is on the disk before the marker goes.
  sync -f "$DATA"
  rm "$MARKER"
  sync "$DATA"
  echo 'docker-entrypoint.sh: the data directory is initialised'
}

needs_initialising() {
  [ -e "$MARKER" ] || [ -z "$(find "$DATA" -mindepth 1 -maxdepth 1 ! -name lost+found -print -quit)" ]
}

case "${1:-mariadbd}" in
-*) set -- mariadbd "$@" ;;
mysqld) set -- mariadbd "${@:2}" ;;
esac
if [ "${1:-}" = mariadbd ]; then
  if needs_initialising; then
    initialise
  elif [ ! -d "$DATA/mysql" ]; then
    fail "$DATA holds files, but no MariaDB: refusing to touch them"
  fi
fi
exec "$@"
