/** Where Linux mounts its control groups, of either version. */
export const CGROUP_ROOT = '/sys/fs/cgroup'
