import { createHash } from 'node:crypto'
import { access, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../fixtures/eventually.ts'
import { askFastCgi, type FastCgiAnswer } from '../fixtures/fastcgi-client.ts'
import { BUILD_TIMEOUT_MS, type ImageEngine, startImageEngine } from '../fixtures/image-engine.ts'

const USER = 1000
const PING = '/.palisade/ping'
const CONFIG = '[global]\nerror_log = /proc/self/fd/2\ndaemonize = no\nprocess_control_timeout = 10s\n'
const POOLS = 'include = /etc/palisade/pools/*.conf\n'
const WEBASSEMBLY = ['gd', 'mbstring', 'mysqli', 'openssl', 'pdo_mysql', 'SimpleXML', 'zip']
const DEBIAN = ['curl', 'intl', 'memcached', 'pdo_pgsql', 'pgsql', 'redis', 'Zend OPcache', ...WEBASSEMBLY]

const pool = (name: string, lines: readonly string[] = []): string => `[${name}]
listen = /run/fpm/${name}.sock
listen.mode = 0666
pm = ondemand
pm.max_children = 3
pm.process_idle_timeout = 10s
ping.path = ${PING}
catch_workers_output = yes
decorate_workers_output = no
php_admin_flag[expose_php] = off
php_admin_value[error_log] = /proc/self/fd/2
php_admin_value[post_max_size] = 64M
php_admin_value[upload_max_filesize] = 64M
${lines.join('\n')}
`

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

let engine: ImageEngine

beforeAll(async () => {
  engine = await startImageEngine('images-php')
})

afterAll(() => engine?.stop())

describe.each([
  ['php-5.6', '5.6.', WEBASSEMBLY],
  ['php-7.0', '7.0.', WEBASSEMBLY],
  ['php-7.4', '7.4.', DEBIAN],
  ['php-8.1', '8.1.', WEBASSEMBLY],
  ['php-8.2', '8.2.', DEBIAN],
  ['php-8.4', '8.4.', DEBIAN],
])('%s', (image, version, extensions) => {
  let sites: string
  let sockets: string
  let config: string

  beforeAll(async () => {
    await engine.load(image)
    sites = await engine.ownDirectory(`${image}/sites`, USER)
    sockets = await engine.ownDirectory(`${image}/sockets`, USER)
    config = await engine.ownDirectory(`${image}/config`, 0)
    await mkdir(join(config, 'pools'))
    await writeFile(join(config, 'php-fpm.conf'), CONFIG + POOLS)
    await writeFile(
      join(config, 'pools/a.conf'),
      pool('a', ['env[GREETING] = "it\'s \\"quoted\\""', 'php_admin_value[memory_limit] = 48M']),
    )
    await engine.start({
      recipe: image,
      name: image,
      user: USER,
      options: [
        ...['--volume', `${config}:/etc/palisade:ro`, '--volume', `${sites}:/var/www`],
        ...['--volume', `${sockets}:/run/fpm`, '--stop-signal', 'SIGQUIT', '--memory', '256m'],
      ],
      command: ['php-fpm', '-F', '-y', '/etc/palisade/php-fpm.conf'],
    })
    await eventually('the pool answers a ping', async () => (await ping('a')) === 'pong')
  }, BUILD_TIMEOUT_MS)

  afterAll(() => engine.removeContainers())

  const ping = (name: string): Promise<string> =>
    askFastCgi(join(sockets, `${name}.sock`), { SCRIPT_NAME: PING, SCRIPT_FILENAME: PING, REQUEST_METHOD: 'GET' }).then(
      ({ body }) => body.toString(),
      () => 'nothing',
    )

  const ask = async (
    code: string,
    { name = 'a', body = Buffer.alloc(0), more = {} as Readonly<Record<string, string>> } = {},
  ): Promise<FastCgiAnswer> => {
    const script = `${createHash('sha256').update(code).digest('hex').slice(0, 12)}.php`
    await writeFile(join(sites, script), code)
    return askFastCgi(
      join(sockets, `${name}.sock`),
      {
        SCRIPT_FILENAME: `/var/www/${script}`,
        SCRIPT_NAME: `/${script}`,
        DOCUMENT_ROOT: '/var/www',
        REQUEST_URI: `/${script}?a=1&b=%20`,
        QUERY_STRING: 'a=1&b=%20',
        REQUEST_METHOD: body.length > 0 ? 'POST' : 'GET',
        CONTENT_LENGTH: body.length > 0 ? String(body.length) : '',
        CONTENT_TYPE: body.length > 0 ? 'application/octet-stream' : '',
        ...more,
      },
      body,
    )
  }

  it('runs a page of its version, with its settings, environment and extensions', async () => {
    const { status, headers, body } = await ask(`<?php
      header('X-Made-By: "page" \\\\ 1');
      echo json_encode(array(PHP_VERSION, ini_get('memory_limit'), getenv('GREETING'), getcwd(), get_loaded_extensions()));`)
    const [running, memoryLimit, greeting, directory, loaded]: [string, string, string, string, string[]] = JSON.parse(
      body.toString(),
    )
    expect(status).toBe(200)
    expect(headers.get('x-made-by')).toBe('"page" \\ 1')
    expect(headers.has('x-powered-by')).toBe(false)
    expect(running.startsWith(version)).toBe(true)
    expect([memoryLimit, greeting, directory]).toEqual(['48M', 'it\'s "quoted"', '/var/www'])
    expect(loaded).toEqual(expect.arrayContaining([...extensions]))
  })

  it('sees what the web server says of the request', async () => {
    const said = {
      HTTPS: 'on',
      REMOTE_ADDR: '192.0.2.7',
      PATH_INFO: '/x/y',
      HTTP_HOST: 'site.test',
      HTTP_X_LONG: 'z'.repeat(5000),
      SERVER_PORT: '443',
    }
    const { body } = await ask('<?php echo json_encode(array($_SERVER, $_GET, $_COOKIE));', {
      more: { ...said, HTTP_COOKIE: 'c=d%3De' },
    })
    const [server, query, cookies]: [Record<string, string>, unknown, unknown] = JSON.parse(body.toString())
    expect(server).toMatchObject(said)
    expect([query, cookies]).toEqual([{ a: '1', b: ' ' }, { c: 'd=e' }])
  })

  it('takes a body of any bytes and of megabytes, and an upload', async () => {
    const content = Buffer.alloc(5_000_000, Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)))
    const digest = createHash('md5').update(content).digest('hex')
    const raw = await ask('<?php echo md5(file_get_contents("php://input"));', { body: content })
    expect(raw.body.toString()).toBe(digest)
    const upload = Buffer.concat([
      Buffer.from('--B\r\nContent-Disposition: form-data; name="word"\r\n\r\nhello\r\n--B\r\n'),
      Buffer.from('Content-Disposition: form-data; name="file"; filename="a.bin"\r\nContent-Type: a/b\r\n\r\n'),
      content,
      Buffer.from('\r\n--B--\r\n'),
    ])
    const uploaded = await ask(
      `<?php echo $_POST['word'], move_uploaded_file($_FILES['file']['tmp_name'], '/var/www/kept.bin') ? ' kept' : ' lost';`,
      { body: upload, more: { CONTENT_TYPE: 'multipart/form-data; boundary=B' } },
    )
    expect(uploaded.body.toString()).toBe('hello kept')
    const kept = createHash('md5').update(await readFile(join(sites, 'kept.bin')))
    expect(kept.digest('hex')).toBe(digest)
  })

  it('passes a status on, and knows what it may not run', async () => {
    expect((await ask('<?php header("Location: /elsewhere");')).status).toBe(302)
    expect((await ask('<?php no_such_function();')).status).toBe(500)
    const missing = { SCRIPT_FILENAME: '/var/www/none.php', SCRIPT_NAME: '/none.php' }
    expect((await ask('<?php', { more: missing })).status).toBe(404)
    await writeFile(join(sites, 'notes.txt'), '<?php echo 1;')
    const text = { SCRIPT_FILENAME: '/var/www/notes.txt', SCRIPT_NAME: '/notes.txt' }
    expect((await ask('<?php', { more: text })).status).toBe(403)
  })

  it('writes as its user, follows links, keeps sessions, and logs errors where the container does', async () => {
    const { body } = await ask(`<?php ob_start();
      @unlink('/var/www/link'); symlink('/var/www/notes', '/var/www/link'); file_put_contents('/var/www/notes', 'written');
      session_id('abc'); session_start(); $_SESSION['count'] = isset($_SESSION['count']) ? $_SESSION['count'] + 1 : 1;
      error_log('to the log'); echo file_get_contents('/var/www/link'), $_SESSION['count'], fileowner('/var/www/notes');`)
    expect(body.toString()).toBe(`written1${USER}`)
    const log = await engine.docker('inspect', '--format', '{{.LogPath}}', image)
    await eventually('the log has the line', async () => (await readFile(log, 'utf8')).includes('to the log'))
  })

  it('answers five requests at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 5 }, (_, number) => ask(`<?php usleep(200000); echo 'answer ${number}';`)),
    )
    expect(answers.map(({ body }) => body.toString())).toEqual([0, 1, 2, 3, 4].map((number) => `answer ${number}`))
  })

  it('outlives a script that takes all memory, and the next page is served', async () => {
    const { status } = await ask('<?php $all = array(); while (true) $all[] = str_repeat("x", 100000);')
    expect(status).toBe(500)
    expect((await ask('<?php echo "fine";')).body.toString()).toBe('fine')
  })

  it('connects to a Unix socket, from a page and from the command line', async () => {
    const code = `<?php $socket = stream_socket_client('unix:///run/fpm/a.sock', $code, $message, 4);
      fwrite($socket, pack('CCnnCC', 1, 9, 0, 0, 0, 0)); echo bin2hex(fread($socket, 2));`
    expect((await ask(code)).body.toString()).toBe('010a')
    await writeFile(join(sites, 'socket.php'), code)
    expect(await engine.docker('exec', image, 'php', '-n', '/var/www/socket.php')).toBe('010a')
  })

  it('has the command line, with arguments, input, output and exit code', async () => {
    await writeFile(join(sites, 'line.php'), '<?php echo PHP_VERSION, " ", $argv[1]; fwrite(STDERR, "x"); exit(7);')
    const run = engine.docker('exec', image, 'php', '/var/www/line.php', "it's")
    await expect(run).rejects.toMatchObject({
      code: 7,
      stderr: 'x',
      stdout: expect.stringMatching(/^\d\.\d\.\S+ it's$/),
    })
    expect(await engine.docker('exec', image, 'php', '-v')).toContain(`PHP ${version}`)
  })

  it('reloads: a new pool comes, an old one goes, and a request under way ends first', async () => {
    const slow = ask('<?php sleep(2); echo "ended";')
    await eventually('the slow page runs', async () => (await ping('a')) === 'pong')
    await writeFile(join(config, 'pools/b.conf'), pool('b', ['ping.response = second']))
    await engine.docker('kill', '--signal', 'USR2', image)
    await eventually('the new pool answers', async () => (await ping('b')) === 'second')
    expect((await slow).body.toString()).toBe('ended')
    await rm(join(config, 'pools/b.conf'))
    await writeFile(join(config, 'pools/a.conf'), pool('a', ['php_admin_value[memory_limit] = 40M']))
    await engine.docker('kill', '--signal', 'USR2', image)
    await eventually('the pool is gone', async () => !(await exists(join(sockets, 'b.sock'))))
    await eventually('the other has its new setting', async () => {
      const answer = await ask('<?php echo ini_get("memory_limit");').catch(() => undefined)
      return answer?.body.toString() === '40M'
    })
  })

  it('ends when it is asked to, after the request under way', async () => {
    const slow = ask('<?php sleep(1); echo "ended";')
    await eventually('the slow page runs', async () => (await ping('a')) === 'pong')
    await engine.docker('stop', '--time', '20', image)
    expect((await slow).body.toString()).toBe('ended')
    expect(await engine.docker('inspect', '--format', '{{.State.ExitCode}} {{.State.OOMKilled}}', image)).toBe(
      '0 false',
    )
  })
})
