import type { Duplex, Readable } from 'node:stream'
import type Docker from 'dockerode'
import type { Clock } from '../../ports/store.ts'
import { frames, type StreamName } from './frames.ts'

export interface TerminalSize {
  readonly rows: number
  readonly columns: number
}

export interface ServiceCommand {
  readonly command: readonly string[]
  /** Name or id, and a group after a colon; the service's own when left out. */
  readonly user?: string
  /** Nothing is given to the command when it is left out. */
  readonly stdin?: Readable
  readonly onOutput: (stream: StreamName, bytes: Buffer) => Promise<void>
  /** `none`, or its size now and whenever it changes; the listener is called until the command has ended. */
  readonly terminal: 'none' | { readonly size: () => TerminalSize; readonly onResize: (listener: () => void) => void }
}

const passOn = async (source: Duplex, onOutput: ServiceCommand['onOutput']): Promise<void> => {
  for await (const { stream, payload } of frames(source)) await onOutput(stream, payload)
}

const passRaw = async (source: Duplex, onOutput: ServiceCommand['onOutput']): Promise<void> => {
  for await (const chunk of source) await onOutput('stdout', Buffer.from(chunk))
}

/** The engine answers before the command has its terminal, and gives that no size until then. */
const SIZE_TRIES = 20
const SIZE_RETRY_MS = 50

/** Until `signal` aborts, which means that the command has ended. */
const keepSize = async (
  exec: Docker.Exec,
  terminal: ServiceCommand['terminal'],
  clock: Clock,
  signal: AbortSignal,
): Promise<void> => {
  if (terminal === 'none') return
  const resize = (): Promise<boolean> => {
    const { rows, columns } = terminal.size()
    return exec.resize({ h: rows, w: columns }).then(
      () => true,
      () => false,
    )
  }
  terminal.onResize(() => void resize())
  for (let tries = 0; tries < SIZE_TRIES && !signal.aborted; tries++) {
    if (await resize()) return
    await clock.sleep(SIZE_RETRY_MS, signal).catch(() => undefined)
  }
}

const feed = (stdin: Readable | undefined, connection: Duplex): (() => void) => {
  if (stdin === undefined) return () => undefined
  // A command may end before it has read everything.
  connection.on('error', () => undefined)
  stdin.pipe(connection)
  return () => {
    stdin.unpipe(connection)
    stdin.pause()
  }
}

/**
 * Runs a command in a container, and answers its exit code. When `signal` aborts nothing of it is seen any more; the
 * engine knows no way to end it.
 */
export const execInContainer = async (
  docker: Docker,
  id: string,
  { command, user, stdin, onOutput, terminal }: ServiceCommand,
  { clock, signal: abortSignal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<number> => {
  const tty = terminal !== 'none'
  const exec = await docker.getContainer(id).exec({
    Cmd: [...command],
    AttachStdin: stdin !== undefined,
    AttachStdout: true,
    AttachStderr: true,
    Tty: tty,
    ...(user === undefined ? {} : { User: user }),
    abortSignal,
  })
  const connection = await exec.start({ hijack: true, stdin: true, Tty: tty, Detach: false })
  const cut = (): void => void connection.destroy()
  abortSignal.addEventListener('abort', cut, { once: true })
  const unfeed = feed(stdin, connection)
  const over = new AbortController()
  try {
    const sized = keepSize(exec, terminal, clock, over.signal)
    await Promise.all([sized, (tty ? passRaw : passOn)(connection, onOutput).finally(() => over.abort())])
  } catch (error) {
    abortSignal.throwIfAborted()
    throw error
  } finally {
    unfeed()
    abortSignal.removeEventListener('abort', cut)
  }
  const { ExitCode: exitCode } = await exec.inspect()
  return exitCode ?? 1
}
