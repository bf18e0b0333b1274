/**
 * Exits 0 when a path is answered and all workers that take requests have the configuration that answers it. nginx starts
 * its new workers first, and a tenth of a second later tells the old ones to end (ngx_process_cycle.c); until then both
 * take requests. One that was told so has closed its sockets when it says so in its title. Its argument is the path.
 */
export const nginxInForce = `curl -fsS -o /dev/null --max-time 4 "http://127.0.0.1$1" || exit 1
workers=$(cat /proc/[0-9]*/cmdline 2> /dev/null | tr '\\0' '\\n' | grep -cx 'nginx: worker process')
test "$workers" -eq 1 && exit 0
echo "$workers workers take requests, the former one among them"
exit 1
`
