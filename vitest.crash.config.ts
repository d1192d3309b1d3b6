import { defineConfig } from 'vitest/config'

/** Every crash point of every kind, and every fault of every call: some minutes. `npm test` runs a sample. */
export default defineConfig({
  test: {
    include: ['test/crash/**/*.test.ts', 'test/sync/uploads/faults.test.ts'],
    env: { ENCORD_SYNC_WHOLE: '1' },
    globalSetup: './test/support/builtFirst.ts',
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 30_000,
    reporters: ['default', './test/support/closingLine.ts'],
  },
})
