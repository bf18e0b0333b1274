import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readLivingProcess } from '../src/drivers/edge/process-file.ts'
import { runProgram } from '../src/drivers/host/program.ts'
import { WEB_CONFIG } from '../src/kinds/web-service.ts'
import { SITES, SPOOL } from '../src/plan/kind.ts'
import { eventually } from '../test/fixtures/eventually.ts'
import { get } from '../test/fixtures/get.ts'
import { freePorts } from '../test/fixtures/http.ts'
import { type Installation, installation } from '../test/fixtures/installation.ts'
import type { Result } from './result.ts'
import { compareTurns } from './turns.ts'

const ACCOUNT = 'pl6fence'
const FENCED = 'fenced.localhost'
const BARE = 'bare.localhost'
const PAGE_BYTES = 10_000
/** Of the image's web server. */
const OWNER = 101

const spec = {
  apiVersion: 'palisade.dev/v1',
  kind: 'Account',
  metadata: { name: ACCOUNT },
  spec: {
    limits: { cpu: '2', memory: '256Mi' },
    web: { server: 'nginx' },
    sites: [FENCED, BARE].map((domain) => ({ domain, seed: 'page' })),
  },
}

const docker = async (palisade: Installation, ...args: string[]): Promise<string> => {
  const { code, out, err } = await palisade.program('docker', '--context', ACCOUNT, ...args)
  if (code !== 0) throw new Error(err)
  return out.trim()
}

const nginxContainer = (palisade: Installation): Promise<string> =>
  docker(palisade, 'ps', '--quiet', '--filter', 'label=palisade.dev/service=nginx')

/** What the tenant's nginx sees of its file system, its configuration and sites included, in a directory. */
const copyRoot = async (palisade: Installation, root: string): Promise<void> => {
  const archive = `${root}.tar`
  await docker(palisade, 'export', '--output', archive, await nginxContainer(palisade))
  await mkdir(root)
  await runProgram('tar', ['--extract', '--file', archive, '--directory', root, '--numeric-owner'])
  const tree = join(palisade.paths.state, 'tenants', ACCOUNT)
  for (const [from, to] of [
    [join(tree, 'config', 'nginx'), WEB_CONFIG],
    [join(tree, 'sites'), SITES],
  ] as const)
    await cp(from, join(root, to), { recursive: true })
  await runProgram('install', [
    '--directory',
    `--owner=${OWNER}`,
    `--group=${OWNER}`,
    join(root, SPOOL),
    join(root, 'tmp'),
  ])
  // They have other owners in the tenant.
  await runProgram('chmod', ['--recursive', 'a+rX', join(root, SITES), join(root, WEB_CONFIG)])
}

/** The same, but for the address. */
const listenAt = async (root: string, port: number): Promise<void> => {
  const directory = join(root, WEB_CONFIG)
  for (const file of (await readdir(directory, { recursive: true })).filter((name) => name.endsWith('.conf'))) {
    const text = await readFile(join(directory, file), 'utf8')
    await writeFile(join(directory, file), text.replaceAll('listen 80', `listen 127.0.0.1:${port}`))
  }
}

/** The same nginx with the same configuration: no namespace, no control group, no NIC and no packet rule of a tenant. */
const startBare = async (palisade: Installation, root: string) => {
  const [port = 0] = await freePorts(1)
  await copyRoot(palisade, root)
  await listenAt(root, port)
  const nginx = ['nginx', '-c', `${WEB_CONFIG}/nginx.conf`, '-g', 'daemon off;']
  const server = spawn('chroot', [`--userspec=${OWNER}:${OWNER}`, root, ...nginx], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const table = join(palisade.paths.run, 'edge', BARE)
  const [entry = ''] = await readdir(table)
  await rename(join(table, entry), join(table, entry.replace(/^[0-9.]+:[0-9]+/, `127.0.0.1:${port}`)))
  await eventually('the bare nginx answers', () =>
    get(port, BARE).then(
      ({ status }) => status === 200,
      () => false,
    ),
  )
  return server
}

const compareInstallation = async (
  palisade: Installation,
  bare: number,
  signal: AbortSignal,
): Promise<readonly Result[]> => {
  const caddy = await readLivingProcess(join(palisade.paths.run, 'caddy.process.json'))
  if (caddy === undefined) throw new Error('Caddy does not run')
  const container = Number(
    await docker(palisade, 'inspect', '--format', '{{.State.Pid}}', await nginxContainer(palisade)),
  )
  return compareTurns(
    palisade.httpPort,
    { host: FENCED, pids: [caddy.pid, container] },
    { host: BARE, pids: [caddy.pid, bare] },
    signal,
  )
}

/** (g): a static page through Caddy from a tenant's nginx, against the same nginx on the host without any fence. */
export const measureFences = async (
  report: (message: string) => void,
  signal: AbortSignal,
): Promise<readonly Result[]> => {
  const palisade = await installation({ instance: 'plf', ipv4Pool: '10.122.0.0/16', uidBase: 1_072_000_000 })
  const directory = await mkdtemp('/var/tmp/palisade-bench-bare-')
  try {
    await palisade.seed('page', { 'index.html': 'x'.repeat(PAGE_BYTES) })
    await writeFile(join(palisade.paths.specs, 'account.yaml'), `${JSON.stringify(spec)}\n`)
    report('making a tenant and its peer')
    await palisade.start()
    const waited = await palisade.cli('wait', ACCOUNT, '--for=Ready', '--timeout', '5m')
    if (waited.code !== 0) throw new Error(waited.err)
    // Sites go on; nobody puts the table right meanwhile.
    await palisade.stop()
    const bare = await startBare(palisade, join(directory, 'root'))
    try {
      return await compareInstallation(palisade, bare.pid ?? 0, signal)
    } finally {
      // Its workers end with it, which they don't when it is killed.
      const ended = once(bare, 'exit')
      bare.kill('SIGTERM')
      await ended
    }
  } finally {
    await palisade.remove()
    await rm(directory, { recursive: true, force: true })
  }
}
