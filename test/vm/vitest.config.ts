import { defineConfig } from 'vitest/config'

/** Everything is emulated, some ten times slower than the host; one machine, one test after the other. */
export default defineConfig({
  test: { include: ['test/vm/**/*.test.ts'], testTimeout: 900_000, hookTimeout: 300_000, fileParallelism: false },
})
