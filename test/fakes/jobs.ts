import type { Command, DesiredJob } from '../../src/plan/resources.ts'
import { idleContainer } from '../contract/engines-under-test.ts'

/** A job of `alice.example` that is due every minute and does nothing. */
export const job = (name: string, command: Command = ['true'], changes: Partial<DesiredJob> = {}): DesiredJob => {
  const container = `job-alice.example.${name}`
  return {
    type: 'job',
    site: 'alice.example',
    name,
    schedule: '* * * * *',
    timeZone: 'UTC',
    timeoutMs: 600_000,
    container: idleContainer('busybox:1', { name: container, service: container, command }),
    ...changes,
  }
}
