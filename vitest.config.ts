import { defineConfig } from 'vitest/config';
import { filesOf } from './tests/helpers/rotation.ts';
import { LongestFirst } from './tests/helpers/longest-first.ts';
import { SummaryReporter } from './tests/helpers/summary-reporter.ts';

/**
 * Tests of whole tasks wait for servers and programs: more at a time than the one that vitest takes for two cores. All
 * kinds together, so that nobody waits for the last of the others.
 */
const together = { maxWorkers: 3 };

/** What is polled for comes at once on a quiet machine, and late on a busy one: vitest's second is no measure of it. */
const patient = { expect: { poll: { timeout: 60_000 } } };

/** Whole tasks as processes, on a machine that needs no container engine. */
const tasks = {
  globalSetup: 'tests/helpers/browser.ts',
  // Limits for a hang, not for speed: a busy machine is many times slower.
  testTimeout: 600_000,
  hookTimeout: 600_000,
  ...together,
  ...patient,
};

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    reporters: ['default', new SummaryReporter()],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['tests/unit/**/*.test.ts'],
          testTimeout: 180_000,
          ...together,
          ...patient,
        },
      },
      { test: { name: 'integration', include: ['tests/integration/**/*.test.ts'], ...tasks } },
      // What installs, demonstrates, injects faults, goes through a large table, or takes over half a minute for one thing.
      {
        test: {
          name: 'slow',
          include: filesOf('slow', ['readme', 'protected-upgrade'], 4),
          ...tasks,
        },
      },
      // A cluster of three servers: Debian's packages.
      {
        test: {
          name: 'cluster',
          include: filesOf('cluster', [], 1),
          ...tasks,
        },
      },
      {
        test: {
          name: 'e2e',
          include: filesOf('e2e', ['guard-matrix'], 2),
          globalSetup: 'tests/helpers/engine.ts',
          testTimeout: 600_000,
          hookTimeout: 600_000,
          ...together,
          ...patient,
        },
      },
    ],
  },
});
