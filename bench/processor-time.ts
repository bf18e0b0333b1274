import { readFileSync } from 'node:fs'

/** USER_HZ of proc(5): the kernel counts in hundredths of a second for those who read, on all machines that we run on. */
const TICKS_PER_SECOND = 100
/** utime and stime among the fields of proc_pid_stat(5) that follow the name. */
const [USER, SYSTEM] = [11, 12]

const ofOne = (pid: number): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[USER]) + Number(fields[SYSTEM])) / TICKS_PER_SECOND
}

const children = (pid: number): readonly number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .split(' ')
    .filter((child) => child !== '')
    .map(Number)

/**
 * Seconds of processor time that a process, all its threads and its living descendants have taken, in user mode and in the
 * kernel, packets included that the kernel passes on meanwhile. @throws Error when one has ended.
 */
export const processorSeconds = (pid: number): number =>
  children(pid).reduce((sum, child) => sum + processorSeconds(child), ofOne(pid))
