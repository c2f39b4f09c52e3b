import type { TestModule } from 'vitest/node';
import type { Reporter } from 'vitest/reporters';

/** Files that are named. */
const SLOWEST = 10;

/** Ends the run with the slowest files, what was skipped, and one plain line that a program can read. */
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
    const tail = skipped.length > 0 ? `, ${skipped.length} skipped` : '';
    console.log(`${count('passed')} passed, ${count('failed') + broken} failed${tail}`);
  }
}
