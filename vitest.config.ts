import { configDefaults, defineConfig } from 'vitest/config';

// Workspace packages are tested from their source: no build is needed before a unit test. Nothing that tells `import` and
// `require` apart: Node.js is given these conditions too, and would let a CommonJS package require what is meant for import.
const conditions = ['grantgate-source', 'node'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: ['node'] } },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'test/**/*.test.ts', 'bench/**/*.test.mjs'],
    // They need Java: `make test-keycloak` runs them.
    exclude: [
      ...configDefaults.exclude,
      ...(process.env['KEYCLOAK_HOME'] === undefined ? ['test/keycloak/**'] : []),
    ],
    globalSetup: 'test/bundle.setup.ts',
    // Vitest leaves one core free, which on two cores is half of them.
    maxWorkers: '100%',
    // For tests that hang; none waits for time to pass, and a busy machine fails none of them.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Nor does a wait for something to become so: `expect.poll`, `until` of packages/testkit.
    // And each test asserts something: nothing thrown is not enough.
    expect: { poll: { timeout: 60_000 }, requireAssertions: true },
    restoreMocks: true,
    reporters: ['default', './scripts/summary-reporter.ts'],
  },
});
