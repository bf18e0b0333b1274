import { wholePages } from './pages.ts'

/** What dockerd, containerd and two dozen shims keep of memory; measured, see docs/decisions/0021-limits-of-the-total.md. */
const ENGINE_MEMORY = 160 * 1024 * 1024

/**
 * Bytes that all services of a tenant together may use, out of its total. What is left is the engine's: when services
 * run out of memory, the kernel looks for a process to end among theirs alone.
 */
export const servicesMemory = (totalBytes: number): number =>
  wholePages(totalBytes - Math.min(ENGINE_MEMORY, totalBytes / 4))
