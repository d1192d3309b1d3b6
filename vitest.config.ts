import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: './test/support/builtFirst.ts',
    pool: 'forks',
    // Modules are loaded once a worker, not once a file: a third of the time. Tests share no state.
    isolate: false,
    // Many tests mostly wait for the clock: more of them at a time than there are cores keep two cores at work.
    maxWorkers: 4,
    maxConcurrency: 8,
    // Some times what a quiet machine takes: others are slower, and share their cores.
    testTimeout: 300_000,
    hookTimeout: 180_000,
    reporters: ['default', './test/support/closingLine.ts'],
  },
})
