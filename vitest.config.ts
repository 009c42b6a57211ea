import { defineConfig } from 'vitest/config';

// Workspace packages are tested from their source: no build is needed before a unit test.
const conditions = ['grantgate-source', 'node', 'module', 'import', 'default'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: ['node', 'import', 'default'] } },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'test/**/*.test.ts'],
    // For tests that hang; none waits for time to pass, and a busy machine fails none of them.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    restoreMocks: true,
    reporters: ['default', './scripts/summary-reporter.ts'],
  },
});
