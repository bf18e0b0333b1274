#!/bin/bash
# The tests of the official image that make sense for a single server:
#   --connect              a client can log in and query
#   --innodb_initialized   the storage engine is ready
set -euo pipefail

query() {
  mariadb --defaults-extra-file=/var/lib/mysql/.my-healthcheck.cnf --skip-column-names --batch --execute "$1"
}

[ $# -gt 0 ] || { echo 'healthcheck.sh: no test named' >&2 && exit 1; }
for test in "$@"; do
  case $test in
  --connect) query 'SELECT 1' >/dev/null ;;
  --innodb_initialized)
    found=$(query "SELECT 1 FROM information_schema.ENGINES WHERE engine = 'innodb' AND support IN ('YES', 'DEFAULT')")
    [ "$found" = 1 ]
    ;;
  *) echo "healthcheck.sh: unknown test $test" >&2 && exit 1 ;;
  esac
done
