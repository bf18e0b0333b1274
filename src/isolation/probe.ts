import type { Scene } from './scene.ts'

/**
 * Where an attack begins. `service`: in a container of the tenant's engine, behind the very fence of its services.
 * `root`: as root of the tenant's namespaces, as whoever has taken over its engine would be. `host`: nothing is attacked, the host is
 * asked whether it is as it should be.
 */
export type Position = 'service' | 'root' | 'host'

export const GROUPS = ['network', 'host', 'files', 'processes', 'kernel', 'limits', 'exhaustion'] as const

export type Group = (typeof GROUPS)[number]

/** What the program `libexec/attack` can do. */
export type Attack =
  | 'become-root'
  | 'bpf'
  | 'burn'
  | 'capabilities'
  | 'chroot'
  | 'clock'
  | 'connect'
  | 'create'
  | 'device'
  | 'file-handle'
  | 'fill'
  | 'fill-as'
  | 'find-process'
  | 'flood'
  | 'fork'
  | 'hostname'
  | 'inodes'
  | 'inodes-as'
  | 'join'
  | 'kernel-log'
  | 'kexec'
  | 'keyring'
  | 'list'
  | 'log'
  | 'memory'
  | 'module'
  | 'mount'
  | 'namespace'
  | 'open-files'
  | 'packet-socket'
  | 'pivot'
  | 'privileges'
  | 'raw-socket'
  | 'read'
  | 'reboot'
  | 'remount'
  | 'resolve'
  | 'seccomp'
  | 'signal'
  | 'spoof'
  | 'swap'
  | 'trace'
  | 'unix'
  | 'write'

/** One call of an attack. Two with the same text are the same. */
export interface Attempt {
  readonly attack: Attack
  readonly arguments: readonly string[]
}

export const attempt = (attack: Attack, ...values: readonly (string | number)[]): Attempt => ({
  attack,
  arguments: values.map(String),
})

/** What came of an attempt, as the attacker saw it. */
export interface Answer {
  /** `done`: the attacker has got what it wanted. `failed`: it could not be tried. */
  readonly outcome: 'done' | 'refused' | 'failed'
  readonly seen: string
}

/** Why a probe can't be tried here, in words. */
export interface NotTried {
  readonly notTried: string
}

/** Packets of the attacker that the host's witness counts; see `ports.ts`. */
export type Witnessed = 'spoofed' | 'to neighbour'

interface ProbeHead {
  /** Unique among all, such as `network/neighbour-web`. */
  readonly id: string
  readonly group: Group
  readonly position: Position
  /** What is tried, in words. */
  readonly title: string
  /** What is expected to be seen, in words. */
  readonly expected: string
  /** False where there is nothing of the kind to be tried, such as a limit that nobody asked for; else it is always tried. */
  readonly applies?: (scene: Scene) => boolean
}

/** Broken as soon as one attempt is `done`. */
export interface AttackProbe extends ProbeHead {
  readonly kind: 'attack'
  readonly attempts: (scene: Scene) => readonly Attempt[] | NotTried
}

/** Broken when packets got where they must not; attempts that are `done` tell only that some were sent. */
export interface WitnessedProbe extends ProbeHead {
  readonly kind: 'witnessed'
  readonly attempts: (scene: Scene) => readonly Attempt[] | NotTried
  readonly witnessed: Witnessed
}

/** Uses something up while the neighbour is asked for its page. */
export interface ExhaustionProbe extends ProbeHead {
  readonly kind: 'exhaustion'
  readonly attempts: (scene: Scene) => readonly Attempt[] | NotTried
  /** Whether it uses up what the whole tenant has, which its other services feel. */
  readonly scope: 'probe' | 'tenant'
  /** Bytes that the engine may keep of what the attacker wrote to its output. */
  readonly keptLogBytes?: number
}

/** Judged by what was read of the host. */
export interface ReadProbe extends ProbeHead {
  readonly kind: 'read'
  readonly judge: (scene: Scene) => Verdict
}

export type Probe = AttackProbe | WitnessedProbe | ExhaustionProbe | ReadProbe

/** `not tried` is no success. */
export type Result = 'held' | 'broken' | 'not tried'

export interface Verdict {
  readonly result: Result
  readonly seen: string
}

/** A probe and what came of it. */
export interface Finding extends Verdict {
  readonly probe: string
  readonly group: Group
  readonly position: Position
  readonly title: string
  readonly expected: string
}

export const isNotTried = (value: readonly Attempt[] | NotTried): value is NotTried => 'notTried' in value

export const toFinding = ({ id, group, position, title, expected }: Probe, verdict: Verdict): Finding => ({
  probe: id,
  group,
  position,
  title,
  expected,
  ...verdict,
})
