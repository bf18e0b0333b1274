import { chmod, chown, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { env, pid } from 'node:process'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { loadRecipes, type Recipe } from '../../src/drivers/images/recipe.ts'
import { RecipeImages } from '../../src/drivers/images/recipe-images.ts'
import { type DockerEngine, startDockerEngine } from '../fixtures/docker-engine.ts'
import { eventually } from '../fixtures/eventually.ts'

const CACHE = env.PALISADE_IMAGE_CACHE ?? '/var/cache/palisade/images'
const BUILD_TIMEOUT_MS = 900_000
/** An id that no image knows. */
const USER = 4711

let directory: string
let engine: DockerEngine
let recipes: ReadonlyMap<string, Recipe>

const recipeNamed = (name: string): Recipe => {
  const recipe = recipes.get(name)
  if (recipe === undefined) throw new Error(`no recipe ${name}`)
  return recipe
}

const load = async (name: string): Promise<void> => {
  const images = new RecipeImages({ recipes, cacheDirectory: CACHE, report: () => undefined })
  const archive = await images.archive(recipeNamed(name).image, new AbortController().signal)
  await engine.docker('load', '--quiet', '--input', archive)
}

const tmpfs = (target: string, options: string): string[] => [
  '--tmpfs',
  `${target}:uid=${USER},gid=${USER},mode=0700,size=64m,${options}`,
]

const readOnly = (source: string, target: string): string[] => ['--volume', `${source}:${target}:ro`]

/** Starts a container as a tenant's services are started: nothing is allowed that is not named here. */
const start = (name: string, options: readonly string[], command: readonly string[] = [], network = 'none') =>
  engine.docker(
    ...['run', '--detach', '--name', name, '--init', '--network', network, '--read-only', '--cap-drop', 'ALL'],
    ...['--security-opt', 'no-new-privileges', '--user', `${USER}:${USER}`, '--pids-limit', '128'],
    ...tmpfs('/tmp', 'noexec'),
    ...options,
    recipeNamed(name).image,
    ...command,
  )

const run = (container: string, ...command: string[]): Promise<string> => engine.docker('exec', container, ...command)

/** What the container's curl prints of an answer: its headers, an empty line, its body. */
const get = (container: string, url: string, ...options: string[]): Promise<string> =>
  run(container, 'curl', '-sS', '--include', ...options, url)

const answers = (container: string, url: string) =>
  eventually(`${container} answers at ${url}`, () =>
    get(container, url, '--fail').then(
      () => true,
      () => false,
    ),
  )

/** A file that any user may read, below this run's directory. */
const fileOf = async (name: string, text: string): Promise<string> => {
  const path = join(directory, name)
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, text)
  return path
}

/** A directory that belongs to the service's user. */
const ownDirectory = async (name: string): Promise<string> => {
  const path = join(directory, name)
  await mkdir(path, { recursive: true })
  await chown(path, USER, USER)
  return path
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'palisade-images-servers-'))
  recipes = await loadRecipes(join(import.meta.dirname, '../../images'))
  engine = await startDockerEngine({
    socket: join(directory, 'docker.sock'),
    directory: join(directory, 'engine'),
    cgroupParent: `/palisade-images-servers-test-${pid}`,
  })
})

afterEach(async () => {
  const containers = (await engine.docker('ps', '--all', '--quiet')).split('\n').filter((id) => id !== '')
  if (containers.length > 0) await engine.docker('rm', '--force', '--volumes', ...containers)
})

afterAll(async () => {
  await engine?.stop()
  await rm(directory, { recursive: true, force: true })
})

describe('apache', () => {
  beforeAll(() => load('apache'), BUILD_TIMEOUT_MS)

  const configuration = (body: string): string => `
    ServerName localhost
    Listen 80
    PidFile /tmp/httpd.pid
    DefaultRuntimeDir /tmp
    ${['mpm_event', 'authz_core', 'dir', 'mime', 'setenvif', 'alias', 'rewrite', 'headers', 'remoteip']
      .concat(['filter', 'deflate', 'proxy', 'proxy_fcgi', 'proxy_http'])
      .map((name) => `LoadModule ${name}_module modules/mod_${name}.so`)
      .join('\n')}
    <IfModule !unixd_module>
      LoadModule unixd_module modules/mod_unixd.so
    </IfModule>
    <IfModule !log_config_module>
      LoadModule log_config_module modules/mod_log_config.so
    </IfModule>
    TypesConfig conf/mime.types
    ErrorLog /proc/self/fd/2
    DocumentRoot /srv/site
    <Directory /srv/site>
      Require all granted
      DirectoryIndex index.html
    </Directory>
    ${body}`

  it('serves its page as another user, on port 80', async () => {
    await start('apache', [])
    await answers('apache', 'http://127.0.0.1/')
    expect(await get('apache', 'http://127.0.0.1/')).toContain('Apache is running')
    expect(await engine.docker('logs', 'apache')).toContain('"GET / HTTP/1.1" 200')
  })

  it('takes a configuration of the operator, and reads it again on a signal', async () => {
    const path = await fileOf('apache/httpd.conf', configuration('Header set X-Version first'))
    const site = dirname(await fileOf('apache/site/style.css', 'a { color: red }'))
    await start(
      'apache',
      [...readOnly(path, '/srv/httpd.conf'), ...readOnly(site, '/srv/site')],
      [...['httpd-foreground', '-f', '/srv/httpd.conf']],
    )
    await answers('apache', 'http://127.0.0.1/style.css')
    const first = await get('apache', 'http://127.0.0.1/style.css')
    expect(first).toContain('Content-Type: text/css')
    expect(first).toContain('X-Version: first')
    await writeFile(path, configuration('Header set X-Version second'))
    await engine.docker('kill', '--signal', 'USR1', 'apache')
    await eventually('Apache answers by the new configuration', async () =>
      (await get('apache', 'http://127.0.0.1/style.css')).includes('X-Version: second'),
    )
  })

  it('tells whether a configuration that hands PHP to a socket is right', async () => {
    const site = dirname(await fileOf('apache/site/index.html', 'hello'))
    const proxied = (module: string): string =>
      configuration(
        `<FilesMatch "\\.php$">\nSetHandler "proxy:${module}:/run/php/fpm.sock|fcgi://php/"\n</FilesMatch>\nProxyTimeout 30`,
      )
    const good = await fileOf('apache/good.conf', proxied('unix'))
    const bad = await fileOf('apache/bad.conf', `${proxied('unix')}\nSurprise On`)
    await start('apache', [
      ...[...readOnly(good, '/srv/good.conf'), ...readOnly(bad, '/srv/bad.conf'), ...readOnly(site, '/srv/site')],
    ])
    await expect(run('apache', 'httpd', '-t', '-f', '/srv/good.conf')).resolves.toBeDefined()
    await expect(run('apache', 'httpd', '-t', '-f', '/srv/bad.conf')).rejects.toThrow("Invalid command 'Surprise'")
  })
})

describe('openresty', () => {
  beforeAll(() => load('openresty'), BUILD_TIMEOUT_MS)

  it('serves its page as another user, on port 80', async () => {
    await start('openresty', tmpfs('/run', 'noexec'))
    await answers('openresty', 'http://127.0.0.1/')
    expect(await get('openresty', 'http://127.0.0.1/')).toContain('OpenResty is running')
    expect(await engine.docker('logs', 'openresty')).toContain('"GET / HTTP/1.1" 200')
  })

  it('runs Lua that the configuration does not load, before and after a reload', async () => {
    const lua = (word: string): string => `
      pid /tmp/nginx.pid;
      events {}
      http {
        include mime.types;
        server {
          listen 80;
          location / {
            content_by_lua_block {
              local cache = require("resty.lrucache").new(2)
              cache:set("word", "${word}")
              ngx.say(require("cjson").encode({ word = cache:get("word"), hash = ngx.md5("a") }))
            }
          }
        }
      }`
    const path = await fileOf('openresty.conf', lua('first'))
    await start('openresty', readOnly(path, '/usr/local/openresty/nginx/conf/nginx.conf'))
    const said = (word: string) => async (): Promise<boolean> => {
      const answer = await get('openresty', 'http://127.0.0.1/').catch(() => '')
      return answer.includes(`"word":"${word}"`) && answer.includes('0cc175b9c0f1b6a831c399e269772661')
    }
    await eventually('Lua answers', said('first'))
    expect(await run('openresty', 'openresty', '-t', '-q')).toBe('')
    await writeFile(path, lua('second'))
    await engine.docker('kill', '--signal', 'HUP', 'openresty')
    await eventually('the new Lua answers', said('second'))
  })
})

describe('varnish', () => {
  beforeAll(async () => {
    await load('varnish')
    await load('apache')
  }, BUILD_TIMEOUT_MS)

  const vcl = `vcl 4.1;
    import std;
    import directors;
    acl purgers { "127.0.0.1"; }
    backend web { .host = "127.0.0.1"; .port = "80"; .probe = { .url = "/"; .interval = 1s; .initial = 3; } }
    sub vcl_init { new all = directors.round_robin(); all.add_backend(web); }
    sub vcl_recv {
      set req.backend_hint = all.backend();
      if (req.method == "PURGE") {
        if (client.ip !~ purgers) { return (synth(405)); }
        return (purge);
      }
      set req.http.X-Words = regsuball(req.url, "[^a-z]+", "-") + std.integer("41", 0);
    }
    sub vcl_backend_response { set beresp.ttl = 2m + 1.5s; }
    sub vcl_deliver {
      set resp.http.X-Words = req.http.X-Words;
      if (obj.hits > 0) { set resp.http.X-Cache = "HIT " + obj.hits; } else { set resp.http.X-Cache = "MISS"; }
    }`
  const options = [...tmpfs('/var/lib/varnish', 'exec'), '--env', 'VARNISH_HTTP_PORT=8080']
  const url = 'http://127.0.0.1:8080/'

  it('misses, hits and purges before a web server, by VCL that it compiles', async () => {
    const path = await fileOf('varnish/default.vcl', vcl)
    await start('apache', [])
    await answers('apache', 'http://127.0.0.1/')
    const threads = ['-p', 'thread_pools=1', '-p', 'thread_pool_min=5', '-l', '8m']
    const mounted = [...options, '--env', 'VARNISH_SIZE=16M', ...readOnly(path, '/etc/varnish/default.vcl')]
    await start('varnish', mounted, threads, 'container:apache')
    await eventually('Varnish answers', () =>
      get('apache', url, '--fail', '--request', 'HEAD', '--head').then(
        () => true,
        () => false,
      ),
    )
    expect(await get('apache', url, '--request', 'PURGE')).toContain('200 Purged')
    const miss = await get('apache', url)
    expect(miss).toContain('X-Cache: MISS')
    expect(miss).toContain('X-Words: -41')
    expect(miss).toContain('Apache is running')
    expect(await get('apache', url)).toContain('X-Cache: HIT 1')
    expect(await get('apache', url, '--request', 'PURGE')).toContain('200 Purged')
    expect(await get('apache', url)).toContain('X-Cache: MISS')
    expect(await run('varnish', 'varnishadm', 'ping')).toContain('PONG')
  })

  it('loads other VCL while it runs, and says what is wrong with some', async () => {
    const good = await fileOf('varnish/good.vcl', vcl)
    const bad = await fileOf('varnish/bad.vcl', 'vcl 4.1; backend default none; sub vcl_recv { set req.x = 1; }')
    const threads = ['-p', 'thread_pools=1', '-p', 'thread_pool_min=5', '-l', '8m']
    await start('varnish', [...options, ...readOnly(good, '/srv/good.vcl'), ...readOnly(bad, '/srv/bad.vcl')], threads)
    await eventually('Varnish is up', () =>
      run('varnish', 'varnishadm', 'status').then(
        (status) => status.includes('running'),
        () => false,
      ),
    )
    await run('varnish', 'varnishadm', 'vcl.load', 'next', '/srv/good.vcl')
    await run('varnish', 'varnishadm', 'vcl.use', 'next')
    expect(await run('varnish', 'varnishadm', 'vcl.list')).toMatch(/active .* next/)
    await expect(run('varnish', 'varnishadm', 'vcl.load', 'worse', '/srv/bad.vcl')).rejects.toMatchObject({
      stdout: expect.stringContaining('VCL compilation failed'),
    })
  })

  it('has no secret that other installations share', async () => {
    await start('varnish', options, ['sh', '-c', 'ls /etc/varnish'])
    await engine.docker('wait', 'varnish')
    expect(await engine.docker('logs', 'varnish')).toBe('default.vcl')
  })
})

describe('phpmyadmin', () => {
  beforeAll(() => load('phpmyadmin'), BUILD_TIMEOUT_MS)

  const secretFile = async (content: string): Promise<string[]> => {
    const path = await fileOf('phpmyadmin/secret', content)
    await chown(path, USER, USER)
    await chmod(path, 0o400)
    return [...readOnly(path, '/run/secrets/cookies'), '--env', 'PMA_BLOWFISH_SECRET_FILE=/run/secrets/cookies']
  }
  const servers = ['--env', 'PMA_HOSTS=mysql-8.0,mariadb', '--env', 'PMA_PORTS=3306,3307']
  const url = 'http://127.0.0.1:8081/'

  it('shows its login for the servers that it is told, on the port that it is told', async () => {
    const settings = ['--env', 'APACHE_PORT=8081', '--env', 'PMA_ABSOLUTE_URI=https://db.example.test/pma/']
    await start('phpmyadmin', [...servers, ...settings, ...(await secretFile('0123456789abcdef0123456789abcdef'))])
    await answers('phpmyadmin', url)
    const page = await get('phpmyadmin', url)
    expect(page).toMatch(/name="pma_username"/)
    expect(page).toContain('mysql-8.0:3306')
    expect(page).toContain('mariadb:3307')
    expect(page).toMatch(/Set-Cookie: phpMyAdmin_https=.*; path=\/pma\/; secure; HttpOnly/)
    expect(page).not.toMatch(/X-Powered-By|Server: Apache\/|(Notice|Warning|Deprecat[a-z]*) in /)
    const script = /src="(js\/vendor\/jquery\/jquery\.min\.js[^"]*)"/.exec(page)?.[1]
    expect(await get('phpmyadmin', `${url}${script ?? 'missing'}`)).toMatch(/^HTTP\/1.1 200/)
    for (const hidden of ['libraries/vendor_config.php', 'templates/login/form.twig', 'sql/create_tables.sql']) {
      expect(await get('phpmyadmin', `${url}${hidden}`)).toMatch(/^HTTP\/1.1 403/)
    }
  })

  it('says why a login failed', async () => {
    const settings = ['--env', 'APACHE_PORT=8081', '--env', 'PMA_HOST=127.0.0.1']
    await start('phpmyadmin', [...settings, ...(await secretFile(`${'0f'.repeat(32)}\n`))])
    await answers('phpmyadmin', url)
    const jar = ['--cookie', '/tmp/jar', '--cookie-jar', '/tmp/jar']
    const form = await get('phpmyadmin', url, ...jar)
    const field = (name: string): string => new RegExp(`name="${name}" value="([^"]*)"`).exec(form)?.[1] ?? ''
    const fields = {
      pma_username: 'root',
      pma_password: 'secret',
      server: '1',
      token: field('token'),
      set_session: field('set_session'),
    }
    const posted = Object.entries(fields).flatMap(([name, value]) => ['--data-urlencode', `${name}=${value}`])
    const answer = await get('phpmyadmin', `${url}index.php?route=/`, '--location', ...jar, ...posted)
    expect(answer).toMatch(/Connection refused|2002/)
  })

  it('takes uploads of the size that it is told', async () => {
    const probe = await fileOf('phpmyadmin/probe.php', '<?php echo ini_get("upload_max_filesize");')
    await start('phpmyadmin', [
      ...['--env', 'APACHE_PORT=8081', '--env', 'UPLOAD_LIMIT=77M'],
      ...readOnly(probe, '/usr/share/phpmyadmin/probe.php'),
    ])
    await answers('phpmyadmin', `${url}probe.php`)
    expect(await get('phpmyadmin', `${url}probe.php`)).toMatch(/\n77M$/)
  })

  it('refuses a secret of the wrong size', async () => {
    await start('phpmyadmin', ['--env', 'APACHE_PORT=8081', ...(await secretFile('short'))])
    await eventually('phpMyAdmin refuses', async () =>
      (await get('phpmyadmin', url).catch(() => '')).startsWith('HTTP/1.1 500'),
    )
    expect(await get('phpmyadmin', url)).toContain('phpMyAdmin is not set up')
  })
})

describe('redis', () => {
  beforeAll(() => load('redis'), BUILD_TIMEOUT_MS)

  it('keeps values over a restart, by a Unix socket and without network', async () => {
    const mounts = [
      ...['--volume', `${await ownDirectory('redis/data')}:/data`],
      ...['--volume', `${await ownDirectory('redis/socket')}:/run/redis`],
    ]
    const command = ['--port', '0', '--unixsocket', '/run/redis/redis.sock', '--appendonly', 'yes']
    const client = (...words: string[]) => run('redis', 'redis-cli', '-s', '/run/redis/redis.sock', ...words)
    const ready = () => eventually('Redis answers', async () => (await client('ping').catch(() => '')) === 'PONG')
    await start('redis', mounts, command)
    await ready()
    expect(await client('set', 'greeting', 'it is "me"')).toBe('OK')
    await engine.docker('restart', '--time', '10', 'redis')
    await ready()
    expect(await client('get', 'greeting')).toBe('it is "me"')
    expect(await readFile(join(directory, 'redis/data/appendonlydir/appendonly.aof.manifest'), 'utf8')).not.toBe('')
  })
})

describe('memcached', () => {
  beforeAll(() => load('memcached'), BUILD_TIMEOUT_MS)

  it('keeps values, by a Unix socket and without network', async () => {
    const socket = await ownDirectory('memcached')
    const command = ['-s', '/run/memcached/memcached.sock', '-a', '0770', '-m', '16', '-t', '1']
    await start('memcached', ['--volume', `${socket}:/run/memcached`], command)
    const health = (path: string) =>
      run('memcached', 'memcached-health', path).then(
        () => true,
        () => false,
      )
    await eventually('Memcached is healthy', () => health('/run/memcached/memcached.sock'))
    expect(await health('/run/memcached/other.sock')).toBe(false)
    const talk = ['sh', '-c', 'printf "$0" | nc -U -w 3 /run/memcached/memcached.sock']
    expect(await run('memcached', ...talk, 'set word 0 0 5\\r\\nhello\\r\\nquit\\r\\n')).toBe('STORED')
    expect(await run('memcached', ...talk, 'get word\\r\\nquit\\r\\n')).toBe('VALUE word 0 5\r\nhello\r\nEND')
  })
})
