import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { runProgram } from '../../src/drivers/host/program.ts'

const inNamespaceOf = (pid: number): readonly string[] => ['--target', `${pid}`, '--net', '--', process.execPath]

/** A server in the network namespace of `pid` that tells each client the address it came from. */
export const serve = async (pid: number, port: number): Promise<ChildProcess> => {
  const script = `require('net').createServer((s) => { s.on('error', () => {}); s.end(s.remoteAddress + '\\n') })
    .listen(${port}, '0.0.0.0', () => console.log('listening'))`
  const server = spawn('nsenter', [...inNamespaceOf(pid), '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
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
