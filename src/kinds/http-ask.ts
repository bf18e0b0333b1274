import type { Command } from '../plan/resources.ts'

/**
 * Asks a server in its own container over HTTP, and exits 0 when the answer has the status 204: for images that have no
 * client, but bash.
 */
export const ASK_SCRIPT = `exec 3<>/dev/tcp/127.0.0.1/80 || exit 1
printf 'GET %s HTTP/1.1\\r\\nHost: 127.0.0.1\\r\\nConnection: close\\r\\n\\r\\n' "$1" >&3
read -r -t 4 -u 3 _ status _
test "$status" = 204 && exit 0
echo "$1 is answered with \${status:-nothing}"
exit 1
`

/** `directory` has the script as `ask.bash`. */
export const askByScript =
  (directory: string) =>
  (path: string): Command => ['bash', `${directory}/ask.bash`, path]

/** For images that have curl. */
export const askByCurl = (path: string): Command => [
  ...(['curl', '-fsS', '-o', '/dev/null', '--max-time', '4'] as const),
  `http://127.0.0.1${path}`,
]
