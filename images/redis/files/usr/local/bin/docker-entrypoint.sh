#!/bin/sh
# As the official image: options or a configuration file alone are for redis-server.
set -eu
# Nothing that the server keeps is for others.
umask 077

case "${1:-}" in
-* | *.conf) set -- redis-server "$@" ;;
esac
exec "$@"
