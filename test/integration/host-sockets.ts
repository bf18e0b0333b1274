import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { runProgram } from '../../src/drivers/host/program.ts'

const inNamespaceOf = (pid: number): readonly string[] => ['--target', `${pid}`, '--net', '--', process.execPath]

const start = (pid: number, script: string): ChildProcess =>
  spawn('nsenter', [...inNamespaceOf(pid), '-e', script], { stdio: ['pipe', 'pipe', 'inherit'] })

/** Servers in the network namespace of `pid`, of IPv4 and IPv6, that tell each client the address it came from. */
export const serve = async (pid: number, ...ports: number[]): Promise<ChildProcess> => {
  const script = `let waiting = ${ports.length}
    for (const port of ${JSON.stringify(ports)}) require('net').createServer((s) => {
      s.on('error', () => {})
      s.end(s.remoteAddress.replace('::ffff:', '') + '\\n')
    }).listen(port, '::', () => { if (--waiting === 0) console.log('listening') })`
  const server = start(pid, script)
  if (server.stdout === null) throw new Error('no output')
  await once(server.stdout, 'data')
  return server
}

/** What a server answers to a client in the network namespace of `pid`; `closed` when none does within a second. */
export const reach = async (pid: number, address: string, port: number): Promise<string> => {
  const script = `const s = require('net').connect(${port}, '${address}')
    let text = ''
    s.setTimeout(1000, () => s.destroy(new Error('timeout')))
    s.on('data', (d) => { text += d })
    s.on('error', () => console.log('closed'))
    s.on('end', () => console.log(text.trim()))`
  return (await runProgram('nsenter', [...inNamespaceOf(pid), '-e', script])).trim()
}

/** Lines that a program prints, as they come. */
export interface Lines {
  readonly child: ChildProcess
  readonly lines: readonly string[]
}

const collect = async (child: ChildProcess): Promise<Lines> => {
  if (child.stdout === null) throw new Error('no output')
  const lines: string[] = []
  const reader = createInterface({ input: child.stdout })
  reader.on('line', (line) => lines.push(line))
  const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`it ended with ${code}`)))
  await Promise.race([once(reader, 'line'), ended])
  ended.catch(() => {})
  return { child, lines }
}

/** Prints what each datagram to `port` says, after a first line when it is ready. */
export const listen = (pid: number, family: 4 | 6, port: number): Promise<Lines> =>
  collect(
    start(
      pid,
      `const s = require('dgram').createSocket({ type: 'udp${family}', ipv6Only: ${family === 6} })
      s.on('message', (m) => console.log(m.toString()))
      s.bind(${port}, () => console.log('ready'))`,
    ),
  )

/** Sends one datagram from an address of the namespace's own. */
export const say = (pid: number, text: string, from: string, to: string, port: number): Promise<string> =>
  runProgram('nsenter', [
    ...inNamespaceOf(pid),
    '-e',
    `const s = require('dgram').createSocket('udp${from.includes(':') ? 6 : 4}')
    s.bind({ address: '${from}' }, () => s.send('${text}', ${port}, '${to}', () => s.close()))`,
  ])

/** A server that answers each line with itself. */
export const echo = (pid: number, port: number): Promise<Lines> =>
  collect(
    start(
      pid,
      `require('net').createServer((s) => { s.on('error', () => {}); s.pipe(s) })
      .listen(${port}, '::', () => console.log('listening'))`,
    ),
  )

/** A connection that lasts: prints what comes, and `ended` when it is reset. Its input is sent. */
export const converse = (pid: number, address: string, port: number): Promise<Lines> =>
  collect(
    start(
      pid,
      `const s = require('net').connect(${port}, '${address}', () => { console.log('connected'); process.stdin.pipe(s); s.pipe(process.stdout) })
      s.on('error', () => { console.log('ended'); process.exit() })`,
    ),
  )
