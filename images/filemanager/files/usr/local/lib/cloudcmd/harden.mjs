// Read before Cloud Commander, which this changes in three things:
// - Everything is behind the login. As published, the routes of its editors come before the login, and they read and write
//   files: GET and PUT of /edward/api/v1/fs/PATH, /dword/... and /deepword/... ask nobody for a password.
// - It does not start with the password that it was published with.
// - Menus of the user's own are left out, and with them the compiler that they need.
import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { env, exit } from 'node:process'

const SERVER = '/node_modules/cloudcmd/server/cloudcmd.mjs'
const FIRST = 'const funcs = clean(['
const LOGIN = 'authentication(config),'

const withLoginFirst = (source) => {
  const [before, after, ...more] = source.split(LOGIN)
  if (after === undefined || more.length > 0 || before.split(FIRST).length !== 2) {
    throw new Error(`${SERVER} is not as expected: cannot put the login first`)
  }
  return before.replace(FIRST, `${FIRST}${LOGIN}`) + after
}

const settingsOfUser = () => {
  try {
    return JSON.parse(readFileSync(join(homedir(), '.cloudcmd.json'), 'utf8'))
  } catch (error) {
    if (error.code === 'ENOENT') return {}
    throw error
  }
}

if (!(env.CLOUDCMD_PASSWORD || env.cloudcmd_password || settingsOfUser().password)) {
  console.error('cloudcmd: no password: set CLOUDCMD_PASSWORD, or "password" in .cloudcmd.json of the home directory')
  exit(1)
}

registerHooks({
  resolve: (specifier, context, next) => {
    if (specifier !== 'putout') return next(specifier, context)
    return { url: new URL('no-compiler.mjs', import.meta.url).href, format: 'module', shortCircuit: true }
  },
  load: (url, context, next) => {
    const loaded = next(url, context)
    return url.endsWith(SERVER) ? { ...loaded, source: withLoginFirst(String(loaded.source)) } : loaded
  },
})
