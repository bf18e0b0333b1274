import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { encodeHead, findScript, toExecution } from '../../../images/php-8.1/files/opt/php/front/cgi.js'
import { parseHead } from '../../../images/php-8.1/files/opt/php/front/interpreter.js'

let directory: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'palisade-cgi-'))
  mkdirSync(join(directory, 'folder.php'))
  writeFileSync(join(directory, 'index.php'), '')
  writeFileSync(join(directory, 'notes.txt'), '')
})

afterEach(() => rmSync(directory, { recursive: true }))

const find = (path: string, more: readonly (readonly [string, string])[] = []) =>
  findScript(new Map([['SCRIPT_FILENAME', path], ...more]), ['.php'])

describe('findScript', () => {
  it.each([
    ['/index.php', '/index.php', ''],
    ['/index.php/a/b', '/index.php', '/a/b'],
  ])('finds %s', (asked, path, pathInfo) => {
    const found = find(join(directory, asked), [['SCRIPT_NAME', asked]])
    expect(found).toEqual({ path: join(directory, path), name: '/index.php', pathInfo })
  })

  it('understands what the proxy of Apache says', () => {
    const found = find(`proxy:fcgi://localhost${directory}/index.php?a=b`, [['SCRIPT_NAME', '/index.php']])
    expect(found).toMatchObject({ path: join(directory, 'index.php') })
  })

  it.each([
    ['/none.php', 404],
    ['/folder.php', 404],
    ['/folder.php/x', 404],
    ['/notes.txt', 403],
    ['/notes.txt/x.php', 403],
    ['/index.php\0.txt', 400],
  ])('refuses %s with %i', (asked, status) => {
    expect(find(directory + asked)).toMatchObject({ status })
  })

  it('refuses no script at all, and what PHP would not see', () => {
    expect(find('')).toMatchObject({ status: 404 })
    expect(find('index.php')).toMatchObject({ status: 404 })
    expect(findScript(new Map([['SCRIPT_FILENAME', '/proc/self/cmdline']]), [])).toMatchObject({ status: 404 })
  })
})

describe('toExecution', () => {
  it('gives the credentials of basic authentication, with colons in the password', () => {
    const header = `Basic ${Buffer.from('al:p:w').toString('base64')}`
    const script = { path: '/var/www/a.php', name: '/a.php', pathInfo: '/x' }
    const { server, directory: start } = toExecution(
      new Map([['HTTP_AUTHORIZATION', header]]),
      script,
      Buffer.alloc(0),
      undefined,
    )
    expect(Object.fromEntries(server)).toMatchObject({
      PHP_AUTH_USER: 'al',
      PHP_AUTH_PW: 'p:w',
      PHP_SELF: '/a.php/x',
      PATH_INFO: '/x',
    })
    expect(start).toBe('/var/www')
  })
})

describe('the head of an answer', () => {
  it('goes from the interpreter to the web server, whatever is in the headers', () => {
    const head = parseHead('{ "status": 404, "headers": ["X-A: \\d \\"q\\"",\n"Set-Cookie: a=b, c"  ]}')
    expect(head).toEqual({ status: 404, headers: ['X-A: \\d "q"', 'Set-Cookie: a=b, c'] })
    expect(encodeHead(head).toString()).toBe('Status: 404 Not Found\r\nX-A: \\d "q"\r\nSet-Cookie: a=b, c\r\n\r\n')
  })

  it('leaves the status out when it is 200, or among the headers', () => {
    expect(encodeHead({ status: 200, headers: ['A: b'] }).toString()).toBe('A: b\r\n\r\n')
    expect(encodeHead({ status: 503, headers: ['Status: 410 Gone'] }).toString()).toBe('Status: 410 Gone\r\n\r\n')
  })

  it('is an error when the interpreter left none', () => {
    expect(parseHead('')).toEqual({ status: 500, headers: [] })
  })
})
