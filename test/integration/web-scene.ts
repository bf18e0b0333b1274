import { once } from 'node:events'
import { chown, mkdir, writeFile } from 'node:fs/promises'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import { dirname, join } from 'node:path'
import { loadRecipes } from '../../src/drivers/images/recipe.ts'
import { allKinds } from '../../src/kinds/all-kinds.ts'
import { php } from '../../src/kinds/php.ts'
import { allocationOf } from '../../src/plan/allocation.ts'
import {
  type Backend,
  type KindContext,
  type Rendered,
  type RoutedSite,
  type RuntimeSite,
  socketName,
} from '../../src/plan/kind.ts'
import type { ResolvedService, ResolvedSite } from '../../src/plan/resolved-account.ts'
import type { DesiredContainer } from '../../src/plan/resources.ts'
import { tenantLayout } from '../../src/plan/settings.ts'
import { account } from '../fakes/accounts.ts'
import { eventually } from '../fixtures/eventually.ts'
import { testSettings } from '../fixtures/host-settings.ts'
import { startImageEngine } from '../fixtures/image-engine.ts'

export const WEB_SERVERS = ['nginx', 'openresty', 'apache'] as const

/** What an application behind a web server was asked. */
export interface Asked {
  readonly url: string
  readonly headers: IncomingHttpHeaders
}

const echoApplication = (): Server => {
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.end(JSON.stringify({ url: request.url, headers: request.headers })))
  })
  server.on('upgrade', (_request, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
    socket.pipe(socket)
  })
  return server
}

const runArguments = (container: DesiredContainer, network: readonly string[]): string[] => [
  ...['run', '--detach', '--init', '--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'],
  ...['--name', container.name, '--user', `${container.user.uid}:${container.user.gid}`],
  ...['--pids-limit', `${container.limits.pids}`, '--memory', `${container.limits.memoryBytes}`],
  ...container.mounts.flatMap(({ source, target, readOnly }) => [
    '--volume',
    `${source}:${target}:${readOnly ? 'ro' : 'rw'}`,
  ]),
  ...container.tmpfs.flatMap(({ target, owner, sizeBytes, mode, executable }) => [
    '--tmpfs',
    `${target}:uid=${owner.uid},gid=${owner.gid},mode=${mode},size=${sizeBytes},${executable ? 'exec' : 'noexec'}`,
  ]),
  ...Object.entries(container.environment).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
  ...network,
  container.image.name,
  ...container.command,
]

/** Web servers as their kinds render them, in a private engine, with applications behind them. */
export const startWebScene = async (name: string) => {
  const engine = await startImageEngine(name)
  const settings = testSettings(engine.directory)
  const layout = tenantLayout(settings, 'alice')
  const context: KindContext = { account: account('alice'), layout, allocation: allocationOf(settings, 0) }
  const recipes = await loadRecipes(join(import.meta.dirname, '../../images'))
  const applications: Server[] = []

  const service = (kind: string, recipe = kind): ResolvedService => {
    const image = recipes.get(recipe)?.image
    if (image === undefined) throw new Error(`no recipe ${recipe}`)
    return { kind, version: '1', image: { name: image, sources: [{ from: 'recipe', recipe }] } }
  }
  const write = async (rendered: Pick<Rendered, 'directories' | 'files'>): Promise<void> => {
    for (const { path, owner } of rendered.directories ?? []) {
      await mkdir(path, { recursive: true })
      if (owner !== 'root') await chown(path, owner.uid, owner.gid)
    }
    for (const { path, content } of rendered.files ?? []) await writeFile(path, content)
  }
  const exec = (container: string, ...command: string[]): Promise<string> =>
    engine.docker('exec', container, ...command)
  const passes = (container: string, command: readonly string[]): Promise<boolean> =>
    exec(container, ...command).then(
      () => true,
      () => false,
    )
  /** Starts what is rendered, and waits until it does its job. */
  const run = async (rendered: Rendered, network: readonly string[] = ['--network', 'none']): Promise<void> => {
    await write(rendered)
    for (const { source } of rendered.container.mounts) await mkdir(source, { recursive: true })
    await engine.docker(...runArguments(rendered.container, network))
    const { name: container, health } = rendered.container
    await eventually(`${container} is healthy`, () => passes(container, health.command)).catch(async (error) => {
      throw new Error(await engine.docker('logs', container), { cause: error })
    })
  }
  const sockets = (kind: string): string => `${layout.sockets}/apps/${kind}`

  return {
    layout,
    context,
    load: (recipe: string) => engine.load(recipe),
    docker: engine.docker,
    exec,
    passes,
    service,
    write,
    run,

    webServer(kind: string, sites: readonly RoutedSite[], frontends: readonly string[] = ['127.0.0.1']): Rendered {
      const found = allKinds.webServers.get(kind)
      if (found === undefined) throw new Error(`no web server ${kind}`)
      return found.render(context, service(kind), sites, frontends)
    },

    varnish(backend: Backend, memoryBytes = 67_108_864): Rendered {
      const found = allKinds.httpCaches.get('varnish')
      if (found === undefined) throw new Error('no Varnish')
      return found.render(context, { ...service('varnish'), memoryBytes }, backend)
    },

    /** An application that says what it was asked; what is upgraded is echoed. */
    async application(site: ResolvedSite): Promise<RoutedSite> {
      const file = socketName(site.domain)
      await mkdir(sockets('node'), { recursive: true })
      const server = echoApplication()
      applications.push(server)
      await once(server.listen({ path: `${sockets('node')}/${file}`, writableAll: true }), 'listening')
      return { site, upstream: { type: 'http', socket: `/run/apps/node/${file}`, container: 'node' } }
    },

    /** Runs PHP for the site. */
    async phpSite(site: RuntimeSite): Promise<RoutedSite> {
      const rendered = php.render(context, [site])
      const upstream = rendered.upstreams.get(site.domain)
      if (upstream === undefined) throw new Error('PHP has no socket')
      await run(rendered)
      return { site, upstream }
    },

    async file(domain: string, path: string, content: string): Promise<string> {
      const file = `${layout.sites}/${domain}/${path}`
      await mkdir(dirname(file), { recursive: true })
      await writeFile(file, content)
      return file
    },

    /** What curl prints in the container: status line and headers, an empty line, the body. */
    get: (container: string, host: string, path: string, ...options: string[]): Promise<string> =>
      exec(
        container,
        ...['curl', '-sS', '--include', '--max-time', '20', '--path-as-is', '--header', `Host: ${host}`],
        ...options,
        `http://127.0.0.1${path}`,
      ),

    /** Ends what a test has started. */
    async clear(): Promise<void> {
      for (const server of applications.splice(0)) {
        server.closeAllConnections()
        await once(server.close(), 'close')
      }
      await engine.removeContainers()
    },

    stop: engine.stop,
  }
}

export type WebScene = Awaited<ReturnType<typeof startWebScene>>
