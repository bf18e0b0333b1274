import { defineConfig } from 'vitest/config'

/**
 * Everything is emulated, some ten times slower than the host. Each test takes what the ones before it leave, so the first
 * failure ends the run.
 */
export default defineConfig({
  test: { include: ['test/vm/**/*.test.ts'], testTimeout: 900_000, hookTimeout: 300_000, bail: 1 },
})
