import { failed, passed, skipped, some, warning, type Outcome } from '../../output/check-result.ts';
import { counted } from '../../output/display.ts';
import type { Collisions } from './collisions.ts';
import { placeOf, type StepFailure } from './failure.ts';
import type { Walked } from './walk-over.ts';
import type { FailedWithRows, WithRows } from './with-rows.ts';

/** The part of what was seen that this is about. */
interface SeenWithRows {
  readonly rows: WithRows | undefined;
  readonly walked: Walked;
  readonly collisions: Collisions;
  readonly failure: StepFailure | undefined;
}

interface OnlyWithRows extends FailedWithRows {
  /** Whether the main branch has it not yet, as far as is known. */
  readonly isNew: boolean;
  readonly text: string;
}

/** The failures that the walk without rows did not have. Pure. */
export function onlyWithRows({ rows, walked, collisions: { added }, failure }: SeenWithRows): OnlyWithRows[] {
  const known = [...walked.failed, ...(failure ? [{ ...failure, doing: 'up' }] : [])];
  return (rows?.failed ?? [])
    .filter((one) => !known.some(({ revision, doing }) => revision === one.revision && doing === one.doing))
    .map((one) => ({
      ...one,
      isNew: added === undefined || one.file === undefined || added.includes(one.file),
      text: [one.rows, one.message].filter(Boolean).join(': '),
    }));
}

/** Of what the main branch has already, a failure is no error any more: those rows were not there when it ran. Pure. */
export function judgeRows(
  { rows, walked }: Pick<SeenWithRows, 'rows' | 'walked'>,
  found: readonly OnlyWithRows[],
): Outcome {
  if (!rows) return skipped('ROWS=0');
  if (found.length > 0)
    return (found.some(({ isNew }) => isNew) ? failed : warning)(
      `${counted(found.length, 'revision')} of ${walked.revisions.length}: ${some(found.map(({ revision = '' }) => revision))}`,
      found.map((one) => `${placeOf(one)}${one.doing}: ${one.text}`).join('\n'),
    );
  if (rows.stopped !== undefined)
    return warning(`not tried to the end: ${rows.stopped}`, 'see the other checks');
  const without = rows.without.map(({ table, why }) => `${table} (${why})`);
  const none = without.length === 0 ? '' : `; no row fits ${some(without, 3)}`;
  return passed(`up, down and up again with rows in the tables${none}`);
}
