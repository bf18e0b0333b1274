import { describe, expect, it } from 'vitest'
import { readConfig } from '../../../images/php-8.1/files/opt/php/front/config.js'
import { writeIni } from '../../../images/php-8.1/files/opt/php/front/ini.js'

const read = (files: Readonly<Record<string, string>>) =>
  readConfig('/main.conf', {
    read: (path) => files[path] ?? '',
    list: (pattern) => Object.keys(files).filter((path) => path.startsWith(pattern.replace('*.conf', ''))),
  })

const pool = (lines: string): string => `[site]\nlisten = /run/a.sock\n${lines}\n`

describe('readConfig', () => {
  it('reads the pools of all included files, and what is said of them', () => {
    const config = read({
      '/main.conf': '[global]\ndaemonize = no\nprocess_control_timeout = 30s\ninclude = /pools/*.conf\n',
      '/pools/a.conf': `; a comment
[a]
listen = /run/a.sock
listen.mode = 0666
ping.path = /ping ; of health checks
ping.response = abc
pm = ondemand
pm.max_children = 8
pm.process_idle_timeout = 2m
chdir = /var/www/a
php_value[memory_limit] = 64M
php_flag[display_errors] = on
php_admin_flag[expose_php] = no
php_admin_value[memory_limit] = 32M
env[GREETING] = "it's a \\"quoted\\" \\\\ value; $HOME"
env[SINGLE] = 'a "b" \\'
`,
      '/pools/b.conf': '[b]\nlisten = 9000\nclear_env = no\nsecurity.limit_extensions = .php .phtml\n',
    })
    expect(config.controlTimeoutMs).toBe(30_000)
    expect(config.pools).toMatchObject([
      {
        name: 'a',
        listen: '/run/a.sock',
        listenMode: 0o666,
        pingPath: '/ping',
        pingResponse: 'abc',
        maxChildren: 8,
        idleTimeoutMs: 120_000,
        directory: '/var/www/a',
        clearEnvironment: true,
        extensions: ['.php'],
        environment: [
          ['GREETING', `it's a "quoted" \\ value; $HOME`],
          ['SINGLE', 'a "b" \\'],
        ],
        // What the administrator says comes last, and is the stronger.
        settings: [
          ['memory_limit', '64M'],
          ['display_errors', '1'],
          ['memory_limit', '32M'],
          ['expose_php', '0'],
        ],
      },
      { name: 'b', listen: '9000', clearEnvironment: false, extensions: ['.php', '.phtml'], maxChildren: 5 },
    ])
  })

  it.each([
    ['a pool without an address', '[a]\npm = ondemand\n', 'pool a: says nowhere to listen'],
    ['an address twice', `${pool('')}[b]\nlisten = /run/a.sock\n`, 'another pool listens on /run/a.sock'],
    ['no pool', '[global]\n', 'no pool is defined'],
    ['a line that is nothing', pool('nonsense'), '/main.conf:3: neither a section nor a setting'],
    ['quotes that stay open', pool('env[A] = "b'), '/main.conf:3: the quotes of the value do not close'],
    ['text after quotes', pool('env[A] = "b" c'), '/main.conf:3: the quotes of the value do not close'],
    ['a mode that is none', pool('listen.mode = rw'), '/main.conf:3: listen.mode = rw: not a mode'],
    ['a number that is none', pool('pm.max_children = many'), 'not a number'],
    ['a time that is none', pool('request_terminate_timeout = 5y'), 'not a time'],
  ])('refuses %s', (_what, text, message) => {
    expect(() => read({ '/main.conf': text })).toThrow(message)
  })
})

describe('writeIni', () => {
  it('quotes what PHP would take for something else', () => {
    const settings: [string, string][] = [
      ['a.b', '64M'],
      ['c', `\${HOME} ; "x" \\`],
      ['d', `it's "x" \\`],
    ]
    expect(writeIni(settings)).toBe(`a.b = '64M'\nc = '\${HOME} ; "x" \\'\nd = "it's \\"x\\" \\\\"\n`)
  })

  it.each([
    ['a line break', [['a', 'b\nc = d']]],
    ['a NUL', [['a', 'b\0']]],
    ['a quote and a dollar sign', [['a', `'\${X}`]]],
    ['a name with a line break', [['a\nb', 'c']]],
  ] as const)('refuses %s', (_what, settings) => {
    expect(() => writeIni(settings)).toThrow()
  })
})
