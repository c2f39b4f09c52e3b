import type { Origin } from '../parameters/parameter.ts';
import type { Passed } from './facts/facts.ts';
import type { Start } from './record/entry.ts';
/**
 * Does it between two lines of the journal.
 *
 * @throws RefusedError when the first line cannot be written: then it is not done
 */
export declare function onRecord(
  passed: Passed,
  {
    notes,
    ...known
  }: Pick<Start, 'checks' | 'backup' | 'revision'> & {
    readonly origins: Readonly<Record<string, Origin>>;
    /** What was left out or done otherwise, as the deed goes on. */
    readonly notes: readonly string[];
  },
  deed: () => Promise<void>,
): Promise<void>;
