import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { runProgram } from '../../src/drivers/host/program.ts'
import { eventually } from './host-scene.ts'

/** What is beyond the host, in a namespace of its own: a piece of the internet, and of what is not. */
export const world = {
  interface: 'ptwworld',
  host: { ipv4: '51.15.97.1', ipv6: '2a00:97::1' },
  ipv4: '51.15.97.2',
  ipv6: '2a00:97::2',
  private4: '10.197.0.1',
  private6: 'fd97:97::1',
  metadata4: '100.100.100.200',
  linkLocal4: '169.254.97.97',
  metadata6: 'fd00:ec2::254',
}

/** Enters the network namespace of `pid` with one program. */
export const inNetwork = (pid: number, ...command: readonly string[]): Promise<string> =>
  runProgram('nsenter', ['--target', `${pid}`, '--net', '--', ...command])

export const ipBatch = (pid: number, lines: readonly string[]): Promise<string> =>
  runProgram('nsenter', ['--target', `${pid}`, '--net', '--', 'ip', '-batch', '-'], { input: lines.join('\n') })

const beyond = ({ private4, private6, metadata4, linkLocal4, metadata6 }: typeof world) => ({
  ipv4: [private4, metadata4, linkLocal4],
  ipv6: [private6, metadata6],
})

export interface World {
  readonly pid: number
  end(): void
}

const start = async (): Promise<ChildProcess & { readonly pid: number }> => {
  const holder = spawn('unshare', ['--net', 'sleep', 'infinity'], { stdio: 'ignore' })
  const { pid } = holder
  if (pid === undefined) throw new Error('it was not started')
  await eventually('the world has its namespace', () => !readFileSync(`/proc/${pid}/net/dev`, 'utf8').includes('eth0'))
  return Object.assign(holder, { pid })
}

export const raiseWorld = async (): Promise<World> => {
  const holder = await start()
  const { interface: name, host, ipv4, ipv6 } = world
  const addresses = beyond(world)
  await ipBatch(process.pid, [
    `link add name ${name} type veth peer name eth0 netns ${holder.pid}`,
    `address add ${host.ipv4}/30 dev ${name}`,
    `address add ${host.ipv6}/126 dev ${name} nodad`,
    `link set dev ${name} up`,
  ])
  await ipBatch(holder.pid, [
    'link set dev lo up',
    `address add ${ipv4}/30 dev eth0`,
    `address add ${ipv6}/126 dev eth0 nodad`,
    ...addresses.ipv4.map((address) => `address add ${address}/32 dev lo`),
    ...addresses.ipv6.map((address) => `address add ${address}/128 dev lo nodad`),
    'link set dev eth0 up',
    `route add default via ${host.ipv4}`,
    `route add ::/0 via ${host.ipv6}`,
  ])
  await ipBatch(process.pid, [
    ...addresses.ipv4.map((address) => `route add ${address}/32 via ${ipv4}`),
    ...addresses.ipv6.map((address) => `route add ${address}/128 via ${ipv6}`),
  ])
  // The link and its routes go with the namespace.
  return { pid: holder.pid, end: () => holder.kill('SIGKILL') }
}
