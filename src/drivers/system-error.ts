/** Whether an error of a system call has one of these codes. */
export const hasCode = (error: unknown, ...codes: readonly string[]): boolean =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && codes.includes(error.code)

/** For `.catch`: what is not there is undefined. */
export const undefinedIfMissing = (error: unknown): undefined => {
  if (!hasCode(error, 'ENOENT')) throw error
}
