import { beforeAll, describe, expect, test } from 'vitest';
import { PATIENCE } from '../helpers/embedded.ts';
import { recordSteps, runAgain, tryFault, type Subject } from '../helpers/fault-runs.ts';
import { judge, stepOf, type Fault, type Step } from '../helpers/faults.ts';

/** A step by what its statement or command holds, and the faults that a run is ended with there. */
export type Point = readonly [step: string, ...faults: Fault[]];

/**
 * A command that is ended at some of its steps: what stands there is whole, old or new, or the same command repairs it.
 * bench/faults.ts does the same at every step.
 */
export function faultSuite(command: string, subject: () => Subject, points: readonly Point[]): void {
  describe(command, () => {
    let steps: Step[];
    beforeAll(async () => void (steps = await recordSteps(subject())), PATIENCE);

    const cases = points.flatMap(([step, ...faults]) => faults.map((fault) => ({ step, fault })));
    test.for(cases)('$step: $fault', async ({ step, fault }, context) => {
      if (fault === 'disk full' && !subject().fillDisk) context.skip('only root can make a small disk');
      await subject().prepare();
      const first = await tryFault(subject(), stepOf(steps, step), fault);
      const outcome = await runAgain(subject(), first);
      const { cell, failed } = judge(outcome);
      expect(failed, `${cell}\n${outcome.said}`).toBe(false);
    });
  });
}
