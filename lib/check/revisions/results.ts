import { basename } from 'node:path';
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
import type { Collisions } from './collisions.ts';
import { placeOf as place, type StepFailure } from './failure.ts';
import { describeTurn, differencesIn, orderOnly, type Turn } from './turns.ts';
import type { Walked } from './walk-over.ts';
import { judgeRows, onlyWithRows } from './only-with-rows.ts';
import type { WithRows } from './with-rows.ts';

/** All that was seen of the revisions. */
export interface Seen {
  readonly severalHeads: boolean;
  /** Whether a roles' script grants again after each upgrade: then it does not count what a revision grants. */
  readonly grantsAgain: boolean;
  /** Why the revisions do not run from nothing as env.py runs them; undefined if they do. */
  readonly failure: StepFailure | undefined;
  readonly walked: Walked;
  readonly collisions: Collisions;
  /** What was seen with rows in the tables; undefined if nobody asked. */
  readonly rows: WithRows | undefined;
  /** For each revision whose "down" or second "up" leads to another schema. */
  readonly turns: readonly Turn[];
  /** The schema after "up" from nothing, compared with that after all have gone down and up; undefined if one is missing. */
  readonly ends: Comparison | undefined;
}

/** A remark beside a line of a revision's file. */
interface Remark {
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
        remedyOf(stopped.message),
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

  const withRows = onlyWithRows(seen);
  for (const one of withRows)
    remark(one.isNew ? 'error' : 'warning', one, `${one.doing}, only with rows: ${one.text}`);
  add('with rows', stopped && withRows.length === 0 ? cut(stopped, passed('')) : judgeRows(seen, withRows));

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
    gone.map(({ kind, name, line }) => `${kind} ${name} (${basename(path)}${line ? `:${line}` : ''})`),
  );
  add(
    'lost on the way down',
    lost.length === 0
      ? cut(stopped, passed('no table and no column'))
      : passed(`with their data, by ${counted(losing.length, 'revision')}: ${some(lost, 3)}`),
  );

  const reading = revisions.flatMap(({ path, reads = [] }) =>
    reads.map(({ what, line }) => ({ file: fileOf(path), line: line ?? undefined, text: `reads ${what}` })),
  );
  for (const one of reading) remark('warning', one, `${one.text}: it may make something else elsewhere`);
  add(
    'same everywhere',
    reading.length > 0
      ? warning(
          some(reading.map((one) => `${place(one)}${one.text}`)),
          'write down what it reads, or see that it does not change the schema',
        )
      : cut(stopped, passed('none reads the clock, chance, the environment or another server')),
  );

  add('beside the main branch', outcomeOf(seen.collisions));
  for (const { here, text } of seen.collisions.found) remark('error', { file: here, line: undefined }, text);

  add('models', models(walked));
  return { results, remarks };
}

/** What to do about a revision that fails here and may be right elsewhere. */
function remedyOf(message: string): string {
  const [, extension] = /^extension "(.+)" is not available/.exec(message) ?? [];
  if (extension !== undefined)
    return `the PostgreSQL that npm installs has no ${extension}: these revisions cannot be tried on it`;
  if (/^ModuleNotFoundError: /.test(message))
    return "name the alembic of the Python that has the project's packages: ALEMBIC=<.venv>/bin/alembic";
  return 'correct it, then type this again';
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

function outcomeOf({ branch, found, unknown, isGiven = false }: Collisions): Outcome {
  if (unknown !== undefined)
    return isGiven
      ? failed(unknown, 'BASE= a branch or a commit that git fetch has brought')
      : skipped(unknown);
  if (found.length === 0) return passed(`no revision of ${branch} collides with one of this branch`);
  return failed(
    `with ${branch} there will be several heads: ${some(found.map(({ text }) => text))}`,
    `take ${branch} in, and let yours follow: its down_revision, or make al-merge MSG="…"`,
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
