import { defineConfig } from 'vitest/config';
import { SummaryReporter } from './tests/helpers/summary-reporter.ts';

export default defineConfig({
  test: {
    reporters: ['default', new SummaryReporter()],
    projects: [
      { test: { name: 'unit', include: ['tests/unit/**/*.test.ts'] } },
      // Whole tasks as processes, on a machine that needs no container engine.
      {
        test: {
          name: 'integration',
          include: ['tests/integration/**/*.test.ts'],
          globalSetup: 'tests/helpers/browser.ts',
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['tests/e2e/**/*.test.ts'],
          globalSetup: 'tests/helpers/engine.ts',
          testTimeout: 180_000,
          hookTimeout: 180_000,
          // They share one engine and two cores.
          fileParallelism: false,
        },
      },
    ],
  },
});
