import { stringify } from 'yaml'

/** A value for programs, ending in a newline. */
export const formatData = (format: 'json' | 'yaml', value: unknown): string =>
  format === 'json' ? `${JSON.stringify(value, undefined, 2)}\n` : stringify(value)

/** Many objects as one, as Kubernetes has it. */
export const listOf = (items: readonly unknown[]) => ({ apiVersion: 'v1', kind: 'List', items })

export const isData = (format: string): format is 'json' | 'yaml' => format === 'json' || format === 'yaml'
