import type Docker from 'dockerode'
import { accountFilter, isJob, serviceOf } from './labels.ts'

/** Ids of the containers of an account's services, by service: of several the newest, which is the successor. */
export const listServices = async (docker: Docker, account: string): Promise<ReadonlyMap<string, string>> => {
  const containers = await docker.listContainers({ all: true, filters: accountFilter(account) })
  const services = containers
    .filter(({ Labels }) => !isJob(Labels))
    .sort((a, b) => a.Created - b.Created)
    .map(({ Id, Labels }) => [serviceOf(Labels), Id] as const)
  return new Map([...new Map(services)].sort(([a], [b]) => (a < b ? -1 : 1)))
}
