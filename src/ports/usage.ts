/** Bytes through a tenant's NIC since it was made. */
export interface Transferred {
  /** Toward the tenant. */
  readonly in: number
  readonly out: number
}

/** What a tenant uses at this moment, as the kernel counts it; what could not be read is missing. */
export interface Usage {
  readonly memoryBytes?: number
  readonly pids?: number
  /** Seconds of CPU since the group was made. */
  readonly cpuSeconds?: number
  readonly transferred?: Transferred
}
