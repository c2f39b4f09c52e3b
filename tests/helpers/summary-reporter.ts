import { stripVTControlCharacters } from 'node:util';
import type { TestModule } from 'vitest/node';
import type { Reporter } from 'vitest/reporters';

/** Files that are named. */
const SLOWEST = 10;
/** Lines of an error that are repeated at the end. */
const LINES = 12;

/**
 * Ends the run with the slowest files, what was skipped, what failed, and one plain line that a program can read. Of a long
 * log people often have the end only, so the failures are there once more.
 */
export class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const count = (state: string): number => tests.filter((test) => test.result().state === state).length;
    // A file that could not be loaded, or an error outside of a test, is a failure without a test.
    const broken = modules.filter((module) => module.errors().length > 0).length + errors.length;
    const skipped = tests.filter((test) => test.result().state === 'skipped');
    for (const module of new Set(skipped.map((test) => test.module))) {
      const inIt = skipped.filter((test) => test.module === module).length;
      console.log(`SKIPPED ${module.relativeModuleId}: ${inIt} tests`);
    }
    const seconds = (module: TestModule): number => Math.round(module.diagnostic().duration / 1000);
    const slowest = modules.toSorted((a, b) => seconds(b) - seconds(a)).slice(0, SLOWEST);
    for (const module of slowest)
      console.log(`${String(seconds(module)).padStart(5)} s ${module.relativeModuleId}`);
    for (const test of tests) {
      const { state, errors = [] } = test.result();
      if (state === 'failed') fail(`${test.module.relativeModuleId} > ${test.fullName}`, errors);
    }
    for (const module of modules)
      if (module.errors().length > 0) fail(module.relativeModuleId, module.errors());
    if (errors.length > 0) fail('outside of the tests', errors as readonly Described[]);
    const tail = skipped.length > 0 ? `, ${skipped.length} skipped` : '';
    console.log(`${count('passed')} passed, ${count('failed') + broken} failed${tail}`);
  }
}

interface Described {
  readonly message?: string;
  readonly stack?: string;
}

function fail(name: string, errors: readonly Described[]): void {
  console.log(`FAILED ${name}`);
  for (const { message, stack } of errors) {
    const place = stack?.split('\n').find((line) => line.includes('/tests/'));
    const lines = stripVTControlCharacters(message ?? 'no message')
      .split('\n')
      .slice(0, LINES);
    for (const line of [...lines, place?.trim() ?? '']) if (line) console.log(`    ${line}`);
  }
}
