// Tells what runs it. Any framework will do: what listens on PORT is the site.
const http = require('node:http')

const server = http.createServer((request, response) => {
  response.setHeader('Content-Type', 'application/json')
  response.setHeader('Cache-Control', 'no-store')
  response.end(`${JSON.stringify({ site: request.headers.host, runtime: 'node', version: process.versions.node })}\n`)
})

server.listen(process.env.PORT)
process.on('SIGTERM', () => server.close())
