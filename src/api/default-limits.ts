/** What an account gets that says nothing, when its plan says nothing either. */
export const DEFAULT_LIMITS = { cpu: '1', memory: '1Gi', pids: 512 } as const
