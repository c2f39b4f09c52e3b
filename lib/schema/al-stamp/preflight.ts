import { messageOf } from '../../errors.ts';
import { counted } from '../../output/display.ts';
import type { Giving } from '../../parameters/parameter.ts';
import type { DestructiveRun, Foreseen } from '../../run/run.ts';
import { comparing } from '../compare/comparing.ts';
import type { Comparison, Difference } from '../compare/comparison.ts';
import { changeLines, objectName } from '../report/wording.ts';

type StampRun = DestructiveRun<Giving<{ REV: string; ALEMBIC_INI: string | undefined }>>;

/**
 * Compares the schema that is there with the one that the revisions make up to REV: a stamp says that they are the same,
 * and the next migration goes on from there. A developer's own database is not compared.
 */
export async function foresee(run: StampRun): Promise<Foreseen> {
  const { environment, values, signal, terminal } = run;
  const { REV } = values;
  if (environment.entry.local === true) return { lines: [] };
  const label = 'schema';
  if (run.actor.dryRun)
    return { label, lines: [`not compared with that of ${REV}: a dry run makes no server`] };
  try {
    const compared = await comparing(run, { migrations: true, at: REV }, { privileges: false });
    return { label, lines: describe(await compared.compare(), REV) };
  } catch (error) {
    signal.throwIfAborted();
    // What is wrong with REV is said by the stamp itself.
    return { label, lines: [`not compared with that of ${REV}: ${messageOf(error).split('\n')[0]}`] };
  } finally {
    terminal.clear();
  }
}

/** Differences to name. */
const MOST = 8;

function describe(comparison: Comparison, revision: string): string[] {
  // Whether it is there says nothing about the rest.
  const differences = comparison.differences.filter(({ name }) => name !== 'alembic_version');
  if (comparison.verdict === 'incomplete') return [`could not be compared in full with that of ${revision}`];
  if (differences.length === 0) return [`that of ${revision}, as its revisions make it`];
  const more = differences.length - MOST;
  return [
    `NOT that of ${revision}: ${counted(differences.length, 'difference')}`,
    ...differences.slice(0, MOST).map((one) => lineOf(one, comparison)),
    ...(more > 0 ? [`and ${counted(more, 'difference')} more`] : []),
  ];
}

/** `TABLE mart.items: column note is only in vm_prod` */
const lineOf = (difference: Difference, comparison: Comparison): string =>
  `${difference.kind} ${objectName(difference)}: ${changeLines(difference, comparison)[0]!}`;
