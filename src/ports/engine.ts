import type {
  Command,
  DatabaseEndpoint,
  DesiredContainer,
  DesiredImage,
  DesiredNetwork,
  DesiredSchema,
  NetworkAttachment,
  ObservedContainer,
  ObservedDatabase,
  ObservedNetwork,
  ServiceLimits,
} from '../plan/resources.ts'

/** One complete snapshot of what is ours in an engine; what is not ours is left out, and left alone. */
export interface EngineSnapshot {
  readonly networks: ReadonlyMap<string, ObservedNetwork>
  readonly images: ReadonlySet<string>
  /**
   * Services. `limits` are `unknown` here, since the kernel is asked for them; but those of a container that is about to be started
   * again are what its engine will ask of the kernel.
   */
  readonly containers: ReadonlyMap<string, ObservedContainer>
  /** Names of the containers of jobs, whether they run or have ended. */
  readonly jobs: ReadonlySet<string>
}

/** Something happened in the engine to anything but a job. A hint to look, never a fact to act on. */
export interface EngineEvent {
  readonly account: string
  readonly type: 'container' | 'network' | 'image' | 'disconnected'
  readonly action: string
  readonly name: string
}

/** How the engine saw a container when it was probed. */
export interface ProbedContainer {
  readonly state: ObservedContainer['state']
  /** What the engine makes of its own checks. */
  readonly health: ObservedContainer['health']
  /** How often the engine started it again by itself. */
  readonly restarts: number
  /** Of its last end; 0 while it runs for the first time. */
  readonly exitCode: number
  /** It ended because its memory was at its limit. */
  readonly outOfMemory: boolean
  /** How long it last ran until it ended, in milliseconds. */
  readonly lastedMs: number
}

export interface HealthProbe {
  /** `stopped`: no container runs that could be asked. */
  readonly verdict: 'healthy' | 'unhealthy' | 'stopped'
  /** At most 4 KiB of what the health check printed. */
  readonly output: string
  readonly container: 'missing' | ProbedContainer
}

/** How a run of a job ended. */
export interface JobRun {
  /** `Failed`: with another exit code than 0. */
  readonly result: 'Succeeded' | 'Failed' | 'TimedOut' | 'OutOfMemory'
  readonly exitCode: number
  /** RFC 3339, as the two of the container. */
  readonly startedAt: string
  readonly endedAt: string
  /** At most the last 4 KiB of what it wrote to either stream. */
  readonly output: string
}

/**
 * A tenant's Docker engine. Called by the worker, and only while the engine runs. Every method is idempotent.
 * All names are those of {@link DesiredContainer}; a container or network without our labels is never touched.
 */
export interface Engines {
  observe(account: string): Promise<EngineSnapshot>
  createNetwork(account: string, network: DesiredNetwork): Promise<void>
  removeNetwork(account: string, name: string): Promise<void>
  /** Creates and starts it, replacing what of ours stands under its name. */
  createContainer(account: string, container: DesiredContainer, digest: string): Promise<void>
  startContainer(account: string, name: string): Promise<void>
  /** Sends the stop signal, waits for the stop timeout, removes. */
  removeContainer(account: string, name: string): Promise<void>
  /** Asks all services to end, and ends them after their stop timeouts. They stay stopped. */
  stopContainers(account: string): Promise<void>
  /** Live, without a restart. */
  updateContainer(account: string, name: string, limits: ServiceLimits): Promise<void>
  connectNetwork(account: string, name: string, attachment: NetworkAttachment): Promise<void>
  signal(account: string, name: string, signal: string): Promise<void>
  /** Runs the service's health check now. */
  probe(account: string, container: DesiredContainer, signal: AbortSignal): Promise<HealthProbe>
  /** Runs a command in the container, as its user: `healthy` when it exits with 0 in time. */
  check(account: string, name: string, command: Command, signal: AbortSignal): Promise<HealthProbe>
  /**
   * Runs the container's command once, in place of the image's entry point; what stands there of an ended run goes.
   * @throws WaitingError `JobRunning` while the run before it goes on.
   */
  startJob(account: string, container: DesiredContainer): Promise<void>
  /**
   * Waits for the end of a job and removes its container. `timeoutMs` after its start it is asked to end, and killed after
   * its stop timeout. Undefined when there is none, or it was never started. Leaves it running when `signal` aborts.
   */
  awaitJob(account: string, name: string, timeoutMs: number, signal: AbortSignal): Promise<JobRun | undefined>
  /** Loads an image from the host's image cache. */
  loadImage(account: string, image: string, archivePath: string): Promise<void>
  /** Takes the name away, and the bytes with the last name; leaves an image that any container is made of. */
  removeImage(account: string, name: string): Promise<void>
  /** The last lines that the service wrote. */
  logs(account: string, name: string, lines: number): Promise<string>
  /** Until `signal` aborts or the engine goes away; the last event is then `disconnected`. */
  events(account: string, signal: AbortSignal): AsyncIterable<EngineEvent>
}

/** Where images come from on this host. */
export interface Images {
  /**
   * Path of a `docker load` archive of the image, which bears the image's name.
   * @throws TerminalError `ImageUnavailable` when it can neither be pulled nor built; TransientError of the same reason
   * when another try may get it.
   */
  archive(image: DesiredImage, signal: AbortSignal): Promise<string>
}

/** Live connections to database engines of tenants. */
export interface Databases {
  /** Undefined while the engine can't be asked. */
  observe(endpoint: DatabaseEndpoint, schemas: readonly DesiredSchema[]): Promise<ObservedDatabase | undefined>
  /** Schema, user, password and grants. Never drops anything. */
  ensureSchema(endpoint: DatabaseEndpoint, schema: DesiredSchema): Promise<void>
  /** With all that is in it, and everyone's grants on it; users stay. Does nothing when there is none. */
  dropSchema(endpoint: DatabaseEndpoint, name: string): Promise<void>
}
