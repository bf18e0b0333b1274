import { kernelOf, privilegedProcesses, rootProcesses, sshServers } from './offences.ts'
import { fail, notApplicable, pass, type Rule, unless } from './rule.ts'

const MOST_RETRIES = 5

/** Everything after the last slash that follows a colon, unless the image is named by its digest. */
const tagOf = (image: string): string => (image.includes('@') ? image : (/:([^/:]+)$/.exec(image)?.[1] ?? 'latest'))

/** CIS Docker Benchmark 1.6, section 5: how a container is kept running. */
export const cisOperation: readonly Rule[] = [
  {
    id: 'CIS-5.1',
    title: 'Swarm mode is off',
    severity: 'high',
    remedy: 'docker --context ACCOUNT swarm leave --force',
    check: ({ tenant }) => (tenant.swarm ? fail('the engine is part of a swarm') : pass('the engine is in no swarm')),
  },
  {
    id: 'CIS-5.7',
    title: 'No SSH server runs in the container',
    severity: 'medium',
    remedy: 'end it: palisade exec gives a shell without one',
    check: (subject) => unless(sshServers(subject), 'none runs'),
  },
  {
    id: 'CIS-5.15',
    title: 'Restarts after failures are bounded',
    severity: 'low',
    remedy: 'make the container with --restart on-failure:5',
    check: ({ container }) => {
      const { policy, maximumRetries } = container.configured.restart
      if (container.origin === 'service')
        return notApplicable('Palisade supervises it: restarts back off, and a crash loop is told of')
      if (policy === '' || policy === 'no') return pass('it is not restarted')
      const isBounded = policy === 'on-failure' && maximumRetries > 0 && maximumRetries <= MOST_RETRIES
      return isBounded ? pass(`at most ${maximumRetries} restarts`) : fail(`it is restarted without end (${policy})`)
    },
  },
  {
    id: 'CIS-5.23',
    title: 'No command was given privileges by docker exec',
    severity: 'high',
    remedy: 'end the processes, and find out who began them',
    check: (subject) =>
      kernelOf(subject) === undefined
        ? notApplicable('it does not run')
        : unless(privilegedProcesses(subject), 'no process in it has capabilities'),
  },
  {
    id: 'CIS-5.24',
    title: 'No command runs as root by docker exec',
    severity: 'medium',
    remedy: 'end the processes; palisade exec runs commands as the user of the service',
    check: (subject) =>
      kernelOf(subject) === undefined
        ? notApplicable('it does not run')
        : unless(rootProcesses(subject), "no process in it is root's"),
  },
  {
    id: 'CIS-5.27',
    title: 'Health is checked',
    severity: 'low',
    remedy: 'make the container with a health check',
    check: ({ container }) => {
      if (container.origin === 'job') return notApplicable('a job is judged by its exit code')
      return container.configured.hasHealthCheck ? pass('it has a health check') : fail('it has no health check')
    },
  },
  {
    id: 'CIS-5.28',
    title: 'The image is of a version that is named',
    severity: 'low',
    remedy: 'name a version of the image, or its digest',
    check: ({ container }) => {
      const { image } = container.configured
      return tagOf(image) === 'latest' ? fail(`${image} may be any version`) : pass(image)
    },
  },
]
