import { errorCode } from './kernel-files.ts'

/** Sends a signal, SIGKILL unless told, to a process that may have ended by now. Refuses what is no single process. */
export const endProcess = (pid: number, signal: NodeJS.Signals = 'SIGKILL'): void => {
  if (!Number.isInteger(pid) || pid <= 1) throw new RangeError(`${pid} is not the id of a process that may be ended`)
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (errorCode(error) !== 'ESRCH') throw error
  }
}
