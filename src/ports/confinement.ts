/**
 * The profile of mandatory access control that every container runs under. Called by the host's pass alone.
 */
export interface Confinement {
  /** `unavailable`: this kernel has no AppArmor in force. `stale`: another text is loaded, or it only complains. */
  observe(): Promise<'unavailable' | 'absent' | 'stale' | 'enforced'>
  /** Loads the profile, or replaces it: containers that run under it are bound by the new one at once. */
  ensure(): Promise<void>
  drop(): Promise<void>
}
