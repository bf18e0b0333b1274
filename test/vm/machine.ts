import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { eventually } from '../fixtures/eventually.ts'

export interface MachineFiles {
  /** As `make-image` makes it. What the machine writes to its disks is forgotten at its end. */
  readonly image: string
  /** As `make-payload` makes it. */
  readonly payload: string
  /** Gets what the machine says on its console. */
  readonly console: string
}

export interface Output {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** A Debian under qemu without any hardware support, reached by ssh alone: it sees no network but ours. */
export interface Machine {
  /** Runs a script for bash as root. */
  run(script: string, timeoutMs?: number): Promise<Output>
  /** Its standard output without the last line end. @throws Error when it fails. */
  answer(script: string, timeoutMs?: number): Promise<string>
  /**
   * Runs a script that ends with a new start of the machine, and returns when it is up again.
   *
   * @throws Error when the script ended otherwise.
   */
  reboot(script: string): Promise<void>
  stop(): Promise<void>
}

const BOOT_MS = 240_000
const SCRIPT_MS = 120_000
const REBOOT_MS = 30_000
const BOOT_ID = 'cat /proc/sys/kernel/random/boot_id'

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

const startQemu = ({ image, payload, console: log }: MachineFiles, port: number): ChildProcess => {
  const disk = (file: string, ...more: string[]) => [
    '-drive',
    ['format=raw', 'if=virtio', `file=${file}`, ...more].join(),
  ]
  const output = openSync(log, 'w')
  return spawn(
    'qemu-system-x86_64',
    [
      ...['-accel', 'tcg,thread=multi', '-smp', '2', '-m', '3072', '-nographic', '-nodefaults', '-serial', 'stdio'],
      ...['-kernel', join(image, 'vmlinuz'), '-initrd', join(image, 'initrd.img')],
      ...['-append', 'root=/dev/vda ro rootflags=prjquota console=ttyS0 net.ifnames=0 quiet'],
      ...disk(join(image, 'disk.raw'), 'snapshot=on'),
      ...disk(payload, 'readonly=on'),
      ...disk(join(image, 'tenants.raw'), 'snapshot=on'),
      ...[
        '-netdev',
        `user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:${port}-:22`,
        '-device',
        'virtio-net-pci,netdev=net',
      ],
      ...['-device', 'virtio-rng-pci'],
    ],
    { stdio: ['ignore', output, output] },
  )
}

const sshArguments = (image: string, port: number): readonly string[] => [
  ...['-q', '-i', join(image, 'key'), '-p', `${port}`, '-o', 'BatchMode=yes', '-o', 'ConnectTimeout=30'],
  // A connection from before a power cut ends as soon as the machine answers again.
  ...['-o', 'ServerAliveInterval=5', '-o', 'ServerAliveCountMax=24'],
  ...['-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null'],
  ...['root@127.0.0.1', 'bash', '-s'],
]

/** Boots a machine and returns when it answers and all that it starts has started. */
export const startMachine = async (files: MachineFiles): Promise<Machine> => {
  const port = await freePort()
  const qemu = startQemu(files, port)
  const ended = once(qemu, 'exit')

  const run = (script: string, timeoutMs = SCRIPT_MS): Promise<Output> =>
    new Promise((resolve) => {
      const options = { timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: 16 * 1024 * 1024 } as const
      const child = execFile('ssh', sshArguments(files.image, port), options, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : 255, stdout, stderr })
      })
      child.stdin?.on('error', () => {})
      child.stdin?.end(script)
    })

  const answer = async (script: string, timeoutMs = SCRIPT_MS): Promise<string> => {
    const { code, stdout, stderr } = await run(script, timeoutMs)
    if (code !== 0) throw new Error(`exit code ${code} of ${script}\n${stdout}\n${stderr}`)
    return stdout.trimEnd()
  }

  const awaitBoot = (former: string): Promise<void> =>
    eventually(
      'the machine is up',
      async () => {
        if (qemu.exitCode !== null) throw new Error(`qemu ended; see ${files.console}`)
        const { code, stdout } = await run(`${BOOT_ID}; systemctl is-system-running --wait >/dev/null`, 60_000)
        return code !== 255 && stdout.trim() !== '' && stdout.trim() !== former
      },
      BOOT_MS,
    )

  const stop = async (): Promise<void> => {
    qemu.kill('SIGKILL')
    await ended
  }

  try {
    await awaitBoot('')
  } catch (error) {
    await stop()
    throw error
  }
  return {
    run,
    answer,
    stop,
    async reboot(script) {
      const former = await answer(BOOT_ID)
      // 255: the connection ended before the script did.
      const { code, stdout, stderr } = await run(script, REBOOT_MS)
      if (code !== 0 && code !== 255) throw new Error(`exit code ${code} of ${script}\n${stdout}\n${stderr}`)
      await awaitBoot(former)
    },
  }
}
