/**
 * Asks a site for a path over its Unix socket: any status below 500 within 4 s will do. Its arguments are the path and the
 * host name. Plain CommonJS, so that it runs in every Node.js.
 */
export const nodeHealthCheck = `'use strict'
const http = require('node:http')

const [path, host] = process.argv.slice(2)

const fail = (reason) => {
  console.log(reason)
  process.exit(1)
}

const headers = { Host: host, 'X-Forwarded-Proto': 'https', 'User-Agent': 'palisade-health' }
http
  .get({ socketPath: process.env.PALISADE_SOCKET, path, headers, agent: false, timeout: 4000 }, (response) => {
    if (response.statusCode >= 500) fail(path + ' is answered with status ' + response.statusCode)
    process.exit(0)
  })
  .on('timeout', () => fail(path + ' is not answered within 4 s'))
  .on('error', (error) => fail('nothing listens on PORT: ' + error.message))
`
