#!/bin/sh
# As the official image: options alone are for memcached.
set -eu

case "${1:-}" in
-*) set -- memcached "$@" ;;
esac
exec "$@"
