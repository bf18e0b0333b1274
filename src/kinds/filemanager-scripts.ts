/**
 * Read by Node.js before the file manager: the password comes from its file, and is neither in the environment that the
 * engine knows nor on a command line.
 */
export const FILEMANAGER_LOGIN = `import { readFileSync } from 'node:fs'

process.env.CLOUDCMD_PASSWORD = readFileSync('/run/secrets/password', 'utf8').trim()
`

/** Exits 0 when the file manager lists its files to who has logged in, and asks others for a login. */
export const FILEMANAGER_HEALTH = `const { CLOUDCMD_USERNAME, CLOUDCMD_PASSWORD } = process.env
const url = 'http://127.0.0.1:8000/api/v1/fs/'
const authorization = 'Basic ' + Buffer.from(CLOUDCMD_USERNAME + ':' + CLOUDCMD_PASSWORD).toString('base64')
const ask = (headers) => fetch(url, { headers, signal: AbortSignal.timeout(8000) })

const listing = await ask({ authorization })
const { files } = JSON.parse(await listing.text())
const closed = await ask({})
if (listing.status !== 200 || !Array.isArray(files) || closed.status !== 401) {
  console.error('listing: ' + listing.status + ', without a login: ' + closed.status)
  process.exit(1)
}
`
