import { beforeAll, describe, expect, test } from 'vitest';
import { PATIENCE } from '../helpers/embedded.ts';
import { judge, recordSteps, stepOf, tryFault, type Fault, type Subject } from '../helpers/faults.ts';

/** A step by what its statement or command holds, and the faults that a run is ended with there. */
export type Point = readonly [step: string, ...faults: Fault[]];

/**
 * A command that is ended at some of its steps: what stands there is whole, old or new, or the same command repairs it.
 * bench/faults.ts does the same at every step.
 */
export function faultSuite(command: string, subject: () => Subject, points: readonly Point[]): void {
  describe(command, () => {
    let steps: string[];
    beforeAll(async () => void (steps = await recordSteps(subject())), PATIENCE);

    const cases = points.flatMap(([step, ...faults]) => faults.map((fault) => ({ step, fault })));
    test.each(cases)('$step: $fault', async ({ step, fault }) => {
      const outcome = await tryFault(subject(), stepOf(steps, step), step, fault);
      const { cell, failed } = judge(outcome);
      expect(failed, `${cell}\n${outcome.said}`).toBe(false);
      // The step was met: nobody who is killed there ends well.
      if (fault === 'task killed') expect(outcome.status).toBe(137);
    });
  });
}
