import { Cron } from 'croner'
import type { DesiredJob } from '../plan/resources.ts'

/**
 * When a job is due next, in milliseconds since the epoch: a whole minute after `after`. Undefined when it never is.
 * Where clocks are put forward, a time that is left out counts as the first one after it; where they are put back, a job
 * of fixed hours runs once. As crontab(5) has it.
 */
export const nextRun = ({ schedule, timeZone }: DesiredJob, after: number): number | undefined => {
  const cron = new Cron(schedule, { paused: true, mode: '5-part', timezone: timeZone, fixedTimeRule: 'no-wildcard' })
  return cron.nextRun(new Date(after))?.getTime()
}
