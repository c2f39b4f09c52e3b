import { readRevisions, describeRevisions } from '../database/revisions.ts';
import { FailedError } from '../errors.ts';
import { printableLine } from '../output/printable.ts';
import type { StackRun } from '../run/run.ts';
import { describeCourse } from '../stack/alembic/failure-report.ts';
import { expectedAt, type Difference, type Rehearsal } from '../stack/alembic/rehearsal.ts';
import type { AlembicResult } from '../stack/alembic/run-alembic.ts';
import { findInProject } from './failure.ts';

/**
 * Says how a run differs from its rehearsal.
 *
 * @throws FailedError if that has stopped it
 */
export async function sayDifference(
  run: StackRun,
  { difference, uncompared, status }: AlembicResult,
  rehearsal: Rehearsal,
): Promise<void> {
  const { terminal } = run;
  if (uncompared !== undefined)
    terminal.warn(
      `the statements are not compared with the rehearsal's: ${rehearsal.by ?? 'somebody else'} wrote them there, and ${uncompared} here`,
    );
  if (difference && rehearsal.stops) throw await stopped(run, difference, rehearsal);
  if (difference)
    terminal.warn(
      [`${nameOf(difference)} did not do what was rehearsed`, ...rows(run, difference, rehearsal)].join('\n'),
    );
  else if (!rehearsal.stops && uncompared === undefined && status === 0)
    terminal.info('ALLOW=unrehearsed was not needed: each statement is the rehearsed one');
}

const nameOf = ({ revision }: Difference): string => `revision ${revision ?? '-'}`;

async function stopped(run: StackRun, difference: Difference, rehearsal: Rehearsal): Promise<FailedError> {
  const { stack, task, command, environment } = run;
  const { name } = stack.database;
  const at = await stack.withClient(name, readRevisions).catch(() => undefined);
  const { REV, ALLOW = [] }: { REV?: string; ALLOW?: readonly string[] } = run.values;
  const to = (parameter: string): Record<string, string> =>
    REV === undefined || REV === 'head' ? {} : { [parameter]: REV };
  const again = command(task.name, {
    ...{ ENV: environment.name, ...to('REV') },
    ALLOW: [...new Set([...ALLOW, 'unrehearsed'])].join(','),
  });
  const kept = describeCourse(difference, at).map(([label, text]) => row(label, text));
  return new FailedError(
    [
      `${nameOf(difference)} does not do what was rehearsed, and is not applied; ${name} ${at ? describeRevisions(at) : 'cannot be read'}`,
      ...rows(run, difference, rehearsal),
      ...kept,
    ].join('\n'),
    {
      hint: `rehearse it as it is now: ${command('al-rehearse-env', { ENV: environment.name, ...to('TO') })}\nor, if it differs each time: ${again}`,
    },
  );
}

const row = (label: string, text: string): string => `${label.padEnd(10)} ${text}`;

/** Both statements. The rehearsed one is known by its hash and by what it did. */
function rows({ root }: StackRun, difference: Difference, rehearsal: Rehearsal): string[] {
  const { place, statement } = difference;
  const where =
    place && `${findInProject(root, place.file)}${place.line === null ? '' : `, line ${place.line}`}`;
  return [
    ...(where === null ? [] : [row('file', where)]),
    row('rehearsed', expectedAt(rehearsal, difference)?.what ?? 'nothing more'),
    row('now', statement === null ? 'nothing more' : inShort(statement)),
  ];
}

/** Characters of a statement to show: one line. */
const WIDTH = 68;

function inShort(statement: string): string {
  const line = printableLine(statement.trim().replaceAll(/\s+/g, ' '));
  return line.length > WIDTH ? `${line.slice(0, WIDTH - 1)}…` : line;
}
