import type { RuntimeClass } from './resources.ts'

/** The program of each runtime class, which is also what engines call the runtime. */
export const RUNTIME_PROGRAMS: Readonly<Record<RuntimeClass, string>> = { runc: 'runc', gvisor: 'runsc' }
