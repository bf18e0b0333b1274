/**
 * Asks a site for a path over its Unix socket: any status below 500 within 4 s will do. Its arguments are the path and the
 * host name.
 */
export const pythonHealthCheck = `import http.client
import os
import socket
import sys


class Connection(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(os.environ["PALISADE_SOCKET"])


path, host = sys.argv[1:]
headers = {"Host": host, "X-Forwarded-Proto": "https", "User-Agent": "palisade-health"}
connection = Connection(host, timeout=4)
try:
    connection.request("GET", path, headers=headers)
    status = connection.getresponse().status
except TimeoutError:
    sys.exit(f"{path} is not answered within 4 s")
except (OSError, http.client.HTTPException) as error:
    sys.exit(f"gunicorn does not answer: {error!r}")
if status >= 500:
    sys.exit(f"{path} is answered with status {status}")
`
