import { spawnSync } from 'node:child_process';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** Why no container engine can be used; empty when one can. */
    noEngine: string;
  }
}

/** What every task says that needs one and has none: a machine may lack the engine, or docker itself. */
export const NO_ENGINE =
  /the container engine does not answer|docker is not installed|docker has no compose command/;

/** What `check` says first: compose resolves the configuration, also without an engine. */
export const configurationChecked = (): RegExp =>
  missing('docker', 'compose', 'version') === ''
    ? /^✓ configuration/m
    : /^✗ configuration .*(?:docker is not installed|docker has no compose command)/m;

/**
 * Asks once whether the e2e tests can run. `MAKESAFE_E2E=required` makes a missing engine a failure instead of a
 * loud skip.
 */
export default function setup(project: TestProject): void {
  const noEngine = missing('docker', 'info') || missing('docker', 'compose', 'version');
  if (noEngine !== '') {
    if (process.env['MAKESAFE_E2E'] === 'required')
      throw new Error(`the e2e tests are required, but ${noEngine}`);
    console.warn(`\n${'!'.repeat(72)}\nSKIPPING ALL E2E TESTS: ${noEngine}\n${'!'.repeat(72)}\n`);
  }
  project.provide('noEngine', noEngine);
}

function missing(...[file, ...args]: [string, ...string[]]): string {
  const { error, status, stderr } = spawnSync(file, args, { encoding: 'utf8' });
  if (error) return `${file} cannot be run (${error.message})`;
  return status === 0 ? '' : `\`${[file, ...args].join(' ')}\` failed: ${stderr.trim().split('\n').at(-1)}`;
}
