/** How a name server elsewhere follows. */
export interface ObservedSecondary {
  readonly address: string
  /** Whether it serves what is served here. */
  readonly inSync: boolean
}

/** A zone that was made here. */
export interface ObservedZone {
  /** Account that it is served for; empty: the host itself. */
  readonly owner: string
  /** Digest of what it was made from: that of a `DesiredZone`. */
  readonly digest: string
  /** What keeps it from being served as it was made, in words that follow its name; empty when nothing does. */
  readonly fault: string
  /** As served; missing when it is not. */
  readonly serial?: number
  /** Values of the DS records that the parent zone has to hold; none where it is not signed. */
  readonly delegationSigners: readonly string[]
  readonly secondaries: readonly ObservedSecondary[]
}
