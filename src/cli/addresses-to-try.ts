import type { HostSettings } from '../plan/settings.ts'

/** An account, and one host name of each of its sites and tools. */
export interface Reachable {
  readonly name: string
  readonly hosts: readonly string[]
}

type EdgePorts = Pick<HostSettings, 'httpPort' | 'httpsPort'>

const MAX_HOSTS = 20

/** Names below `localhost` are this machine (RFC 6761 section 6.3), and have a certificate of the internal authority. */
const isLocal = (host: string): boolean => host === 'localhost' || host.endsWith('.localhost')

const authority = (host: string, port: number, usual: number): string => (port === usual ? host : `${host}:${port}`)

const plainCurl = (host: string, { httpPort }: EdgePorts): string => {
  const resolve = isLocal(host) ? '' : ` --resolve ${host}:${httpPort}:127.0.0.1`
  return `curl${resolve} http://${authority(host, httpPort, 80)}/`
}

/** After a first address by HTTPS nobody has to be shown another one. */
const curls = (hosts: readonly string[], ports: EdgePorts): readonly string[] => {
  const secure = hosts.find(isLocal)
  return hosts.flatMap((host) => [
    plainCurl(host, ports),
    ...(host === secure ? [`curl --insecure https://${authority(host, ports.httpsPort, 443)}/`] : []),
  ])
}

/** What an administrator may type after all accounts have come up. */
export const addressesToTry = (accounts: readonly Reachable[], ports: EdgePorts): string => {
  const hosts = accounts.flatMap((account) => account.hosts)
  const left = hosts.length - MAX_HOSTS
  const [first] = accounts
  const lines = [
    ...curls(hosts.slice(0, MAX_HOSTS), ports),
    ...(left > 0 ? [`and ${left} more: palisade describe ACCOUNT`] : []),
    ...(first === undefined ? [] : [`docker --context ${first.name} ps`, `palisade describe ${first.name}`]),
  ]
  const note = hosts.every(isLocal) ? '' : 'HTTPS answers at names outside of .localhost once their DNS points here.\n'
  return `\nTry:\n${lines.map((line) => `  ${line}\n`).join('')}${note}`
}
