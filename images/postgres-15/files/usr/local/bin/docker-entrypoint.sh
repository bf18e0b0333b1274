#!/bin/bash
# Initialises an empty data directory from the variables of the official image, then becomes the server.
#   POSTGRES_PASSWORD      for the superuser; required
#   POSTGRES_USER          name of the superuser; postgres if not given
#   POSTGRES_DB            made, if given
#   POSTGRES_INITDB_ARGS   further arguments of initdb, separated by spaces
# Each also as NAME_FILE, the path of a file that holds the value. PGDATA names the data directory.
# Everyone needs a password, also on the Unix socket.
set -euo pipefail
# Nothing that the server keeps is for others.
umask 077
. /usr/local/lib/entrypoint.sh

# A new cluster is made in here. It moves up file by file, with PG_VERSION as the last one: that is the proof of it.
TORSO=$PGDATA/.initialising

# Some programs want to know the name of their user, whoever that is.
run_named() {
  local uid names library
  uid=$(id -u)
  if getent passwd "$uid" >/dev/null; then
    "$@"
    return
  fi
  names=/tmp/names
  library=$(echo /usr/lib/*/libnss_wrapper.so)
  mkdir -p "$names"
  echo "postgres:x:$uid:$(id -g):PostgreSQL:/tmp:/bin/false" >"$names/passwd"
  echo "postgres:x:$(id -g):" >"$names/group"
  LD_PRELOAD=$library NSS_WRAPPER_PASSWD=$names/passwd NSS_WRAPPER_GROUP=$names/group "$@"
}

write_settings() {
  printf '%s\n' "listen_addresses = '*'" "unix_socket_directories = '/var/run/postgresql'" >>"$TORSO/postgresql.conf"
  # Wherever the container listens, its network is the fence.
  echo 'host all all all scram-sha-256' >>"$TORSO/pg_hba.conf"
}

# In single-user mode a statement ends with a semicolon and an empty line.
create_database() {
  printf 'CREATE DATABASE "%s";\n\n' "${1//\"/\"\"}" |
    run_named postgres --single -j -D "$TORSO" -c exit_on_error=on -c log_checkpoints=off postgres >/dev/null
}

move_up() {
  # The server starts in no directory that others may read.
  chmod 0700 "$PGDATA"
  sync -f "$TORSO"
  find "$TORSO" -mindepth 1 -maxdepth 1 ! -name PG_VERSION -exec mv -t "$PGDATA" -- {} +
  sync "$PGDATA"
  mv "$TORSO/PG_VERSION" "$PGDATA"
  sync "$PGDATA"
}

initialise() {
  local password user database password_file arguments
  password=$(setting POSTGRES_PASSWORD)
  user=$(setting POSTGRES_USER)
  database=$(setting POSTGRES_DB)
  read -ra arguments <<<"$(setting POSTGRES_INITDB_ARGS)"
  [ -n "$password" ] || fail 'POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE is required'
  [ "${password//$'\n'/}" = "$password" ] || fail 'POSTGRES_PASSWORD has to be one line'
  echo 'docker-entrypoint.sh: initialising the data directory'
  find "$PGDATA" -mindepth 1 -maxdepth 1 ! -path "$TORSO" ! -name lost+found -exec rm -rf -- {} +
  rm -rf "$TORSO"
  password_file=$(mktemp)
  printf '%s\n' "$password" >"$password_file"
  mkdir "$TORSO"
  run_named initdb --pgdata="$TORSO" --username="${user:-postgres}" --pwfile="$password_file" --auth=scram-sha-256 \
    --encoding=UTF8 --locale=C.UTF-8 --data-checksums "${arguments[@]}" >"$password_file.log" 2>&1 ||
    { cat "$password_file.log" >&2 && fail 'initdb failed'; }
  rm -f "$password_file" "$password_file.log"
  write_settings
  if [ -n "$database" ] && [ "$database" != postgres ]; then
    create_database "$database"
  fi
  move_up
  echo 'docker-entrypoint.sh: the data directory is initialised'
}

is_foreign() {
  [ ! -e "$TORSO" ] && [ -n "$(find "$PGDATA" -mindepth 1 -maxdepth 1 ! -name lost+found -print -quit)" ]
}

prepare_data() {
  mkdir -p "$PGDATA"
  if [ ! -s "$PGDATA/PG_VERSION" ]; then
    if is_foreign; then
      fail "$PGDATA holds files, but no PostgreSQL: refusing to touch them"
    fi
    initialise
  fi
  rm -rf "$TORSO"
}

case "${1:-postgres}" in
-*) set -- postgres "$@" ;;
esac
if [ "${1:-}" = postgres ]; then
  prepare_data
fi
exec "$@"
