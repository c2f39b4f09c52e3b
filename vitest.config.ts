import { defineConfig } from 'vitest/config';
import { SummaryReporter } from './tests/helpers/summary-reporter.ts';

/**
 * Tests of whole tasks wait for servers and programs most of their time: more at a time than the one that vitest takes
 * for two cores. Both kinds together, so that nobody waits for the last of the other.
 */
const together = { maxWorkers: 3, sequence: { groupOrder: 1 } };

/** What is polled for comes at once on a quiet machine, and late on a busy one: vitest's second is no measure of it. */
const patient = { expect: { poll: { timeout: 20_000 } } };

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
          testTimeout: 120_000,
          ...together,
          ...patient,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['tests/e2e/**/*.test.ts'],
          globalSetup: 'tests/helpers/engine.ts',
          testTimeout: 300_000,
          hookTimeout: 300_000,
          ...together,
          ...patient,
        },
      },
    ],
  },
});
