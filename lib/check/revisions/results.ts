import {
  failed,
  passed,
  skipped,
  some,
  warning,
  type CheckResult,
  type Outcome,
} from '../../output/check-result.ts';
import { counted } from '../../output/display.ts';
import type { Comparison } from '../../schema/compare/comparison.ts';
import { changeLines, objectName } from '../../schema/report/wording.ts';
import type { CatalogChange } from '../../stack/alembic/walk.ts';
import type { StepFailure } from './failure.ts';
import type { Walked } from './walk-over.ts';

/** All that was seen of the revisions. */
export interface Seen {
  readonly severalHeads: boolean;
  /** Whether a roles' script grants again after each upgrade: then it does not count what a revision grants. */
  readonly grantsAgain: boolean;
  /** Why the revisions do not run from nothing as env.py runs them; undefined if they do. */
  readonly failure: StepFailure | undefined;
  readonly walked: Walked;
  /** For each revision whose "down" or second "up" leads to another schema. */
  readonly turns: readonly Turn[];
  /** The schema after "up" from nothing, compared with that after all have gone down and up; undefined if one is missing. */
  readonly ends: Comparison | undefined;
}

/** Two states that should have the same schema, and have not. */
export interface Turn {
  readonly revision: string;
  /** Relative to the project's root. */
  readonly file: string;
  readonly line: number | undefined;
  readonly after: 'down' | 'up again';
  /** What the catalogs say; counts where nothing better is there. */
  readonly changes: readonly CatalogChange[];
  /** The full comparison; undefined if it was not made, because there were too many. */
  readonly comparison: Comparison | undefined;
}

/** A remark beside a line of a revision's file. */
export interface Remark {
  readonly level: 'error' | 'warning';
  readonly file: string;
  readonly line: number | undefined;
  readonly text: string;
}

export interface Judged {
  readonly results: readonly CheckResult[];
  readonly remarks: readonly Remark[];
}

/** The results of `al-check`. Pure. @param fileOf a revision's file, relative to the project's root */
export function judge(seen: Seen, fileOf: (path: string) => string): Judged {
  const results: CheckResult[] = [];
  const remarks: Remark[] = [];
  const { walked, failure, ends, grantsAgain } = seen;
  const { revisions } = walked;
  const all = counted(revisions.length, 'revision');
  const add = (check: string, outcome: Outcome): void => void results.push({ check, ...outcome });
  const place = ({ file, line }: Pick<StepFailure, 'file' | 'line'>): string =>
    file === undefined ? '' : `${file}${line === undefined ? '' : `:${line}`}: `;
  const remark = (level: Remark['level'], at: Pick<StepFailure, 'file' | 'line'>, text: string): void => {
    if (at.file !== undefined) remarks.push({ level, file: at.file, line: at.line, text });
  };

  add('one head', oneHead(seen));

  const stopped = failure ?? ('failure' in walked.reached ? walked.reached.failure : undefined);
  if (stopped) {
    const { revision } = stopped;
    remark('error', stopped, stopped.message);
    add(
      'up from nothing',
      failed(
        `${place(stopped)}${revision === undefined ? '' : `revision ${revision}: `}${stopped.message}`,
        'correct it, then type this again',
      ),
    );
  } else {
    add('up from nothing', passed(all));
  }

  const stuck = walked.failed.filter(({ isNotImplemented }) => !isNotImplemented);
  for (const one of stuck) remark('error', one, `${one.doing}: ${one.message}`);
  add(
    'down and up again',
    stuck.length > 0
      ? failed(
          `${counted(stuck.length, 'revision')} of ${revisions.length}: ${some(stuck.map(({ revision = '' }) => revision))}`,
          stuck.map((one) => `${place(one)}${one.doing}: ${one.message}`).join('\n'),
        )
      : cut(stopped, passed(all)),
  );

  for (const after of ['down', 'up again'] as const) {
    const turns = seen.turns.filter(
      (turn) =>
        turn.after === after && (!turn.comparison || differencesIn(turn.comparison, grantsAgain).length > 0),
    );
    const lines = turns.map((turn) => `${place(turn)}${describeTurn(turn, grantsAgain)}`);
    turns.forEach((turn) => remark('error', turn, describeTurn(turn, grantsAgain)));
    add(
      after === 'down' ? 'down undoes up' : 'up again as before',
      turns.length > 0
        ? failed(
            `${counted(turns.length, 'revision')} of ${revisions.length}: ${some(turns.map(({ revision }) => revision))}`,
            lines.join('\n'),
          )
        : cut(stopped, passed(orderOnly(revisions, after))),
    );
  }

  const left = ends && differencesIn(ends);
  if (!left) add('same in the end', skipped('the revisions did not all run'));
  else if (left.length === 0) add('same in the end', passed('the schema after all of them, either way'));
  else {
    add(
      'same in the end',
      failed(
        `the schema after "up" alone is not that after each has gone down and up: ${some(left, 3)}`,
        'see the revisions that are named above; where there is none, two revisions depend on each other',
      ),
    );
  }

  const forward = [
    ...revisions
      .filter(({ downgrade }) => !downgrade)
      .map(({ revision, path, lines }) => ({
        ...{ revision, file: fileOf(path), line: lines.downgrade ?? undefined },
      })),
    ...walked.failed.filter(({ isNotImplemented }) => isNotImplemented),
  ];
  for (const one of forward) remark('warning', one, 'there is no way back from this revision');
  add(
    'a way back',
    forward.length > 0
      ? warning(
          `none from ${some(forward.map(({ revision = '' }) => revision))}`,
          'write downgrade(), or leave it where it is meant: then al-down-env ends there',
        )
      : cut(stopped, passed('from each revision')),
  );

  const losing = revisions.filter(({ lost = [] }) => lost.length > 0);
  const lost = losing.flatMap(({ path, lost: gone = [] }) =>
    gone.map(
      ({ kind, name, line }) => `${place({ file: fileOf(path), line: line ?? undefined })}${kind} ${name}`,
    ),
  );
  add(
    'lost on the way down',
    lost.length === 0
      ? cut(stopped, passed('no table and no column'))
      : passed(`with their data, by ${counted(losing.length, 'revision')}: ${some(lost)}`),
  );

  add('models', models(walked));
  return { results, remarks };
}

const cut = (stopped: StepFailure | undefined, otherwise: Outcome): Outcome =>
  stopped ? skipped('the revisions did not all run') : otherwise;

function oneHead({ walked: { heads }, severalHeads }: Seen): Outcome {
  if (heads === undefined) return skipped('the revisions could not be read');
  if (heads.length === 0) return failed('there are no revisions', 'check ALEMBIC_INI');
  if (heads.length === 1) return passed(heads[0]!);
  if (severalHeads) return passed(`${some(heads)} (severalHeads)`);
  return failed(
    `${heads.length} heads: ${some(heads)}`,
    'make al-merge MSG="…"; where they are kept on purpose: severalHeads: true in env/environments.ts',
  );
}

function models({ models: found }: Walked): Outcome {
  if (found === undefined) return skipped('the revisions did not all run');
  if (found === null) return skipped('env.py gives context.configure() no target_metadata');
  if ('error' in found)
    return failed(`they could not be compared: ${found.error}`, 'see how env.py makes its target_metadata');
  if (found.operations.length === 0) return passed('as the revisions make it');
  return failed(
    `${counted(found.operations.length, 'operation')} would lead the schema to them: ${some(found.operations)}`,
    'make al-rev-auto MSG="…"',
  );
}

function describeTurn({ after, changes, comparison, revision }: Turn, grantsAgain: boolean): string {
  const what =
    after === 'down'
      ? 'after "down" the schema is not that before "up"'
      : 'the second "up" leads to another schema';
  const found = comparison
    ? differencesIn(comparison, grantsAgain)
    : changes.map(({ kind, name, how }) => `${kind} ${name} is ${how}`);
  return `${revision}: ${what}: ${some(found)}`;
}

/**
 * What differs, in words. Not the order of columns: PostgreSQL puts a column that comes back at the end, and no downgrade
 * can change that.
 */
const differencesIn = (comparison: Comparison, grantsAgain = false): string[] => [
  ...comparison.incomplete,
  ...comparison.differences
    .filter(({ class: kind }) => kind !== 'column order' && !(grantsAgain && kind === 'privileges'))
    .map((one) => describeDifference(one, comparison)),
];

/** Says which tables have their columns in another order, if any. */
function orderOnly(revisions: Walked['revisions'], after: Turn['after']): string {
  const moved = revisions.flatMap(({ undone = [], again = [] }) =>
    (after === 'down' ? undone : again).flatMap(({ kind, name }) => (kind === 'column order' ? [name] : [])),
  );
  const tables = [...new Set(moved)];
  return tables.length === 0
    ? 'the schema is the same'
    : `the schema is the same, but for the order of columns in ${some(tables)}`;
}

const describeDifference = (one: Comparison['differences'][number], comparison: Comparison): string =>
  `${one.kind.toLowerCase()} ${objectName(one)}: ${changeLines(one, comparison).join('; ')}`;
