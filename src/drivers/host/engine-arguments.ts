import { join } from 'node:path'
import { RUNTIME_PROGRAMS } from '../../plan/runtimes.ts'

export interface EngineArguments {
  readonly dataRoot: string
  /** Directory of the socket, as the engine sees it. */
  readonly socketDirectory: string
  readonly cgroupParent: string
}

/** File name of the engine's socket in its directory. */
export const ENGINE_SOCKET_NAME = 'docker.sock'

/** How dockerd is called, for engines 20.10 to 29: dockerd(8). */
export const renderEngineArguments = ({ dataRoot, socketDirectory, cgroupParent }: EngineArguments): string[] => [
  ...['--host', `unix://${join(socketDirectory, ENGINE_SOCKET_NAME)}`],
  // By number: the group named docker, the default, is one of the host's.
  ...['--group', '0'],
  ...['--data-root', dataRoot],
  ...['--exec-root', '/run/docker'],
  ...['--pidfile', '/run/dockerd.pid'],
  // Told, because 29 would start with containerd's image store.
  ...['--storage-driver', 'overlay2'],
  '--live-restore',
  // Every network is one of the spec's, so there is no default one; published ports are forwarded by the kernel alone.
  '--bridge=none',
  '--userland-proxy=false',
  '--iptables=true',
  '--ip6tables=false',
  // Looked for in the engine's PATH when a container is started, so that it may be installed later.
  ...['--add-runtime', `${RUNTIME_PROGRAMS.gvisor}=${RUNTIME_PROGRAMS.gvisor}`],
  ...['--exec-opt', 'native.cgroupdriver=cgroupfs'],
  ...['--cgroup-parent', cgroupParent],
  ...['--log-driver', 'json-file', '--log-opt', 'max-size=5m', '--log-opt', 'max-file=3'],
]
