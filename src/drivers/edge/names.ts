import { hostNamePattern } from '../../plan/edge-entry.ts'

const wholeHostName = new RegExp(`^${hostNamePattern}$`)

/** A host name that can stand in the edge's table: at most 253 characters, in lower case, no dot at the end. */
export const isHostName = (text: string): boolean => text.length <= 253 && wholeHostName.test(text)
