import { relative } from 'node:path';
import { rolesScript } from '../database/db-bootstrap-roles.ts';
import { hideSecrets, namesOfEnvironment } from '../environment/readable-names.ts';
import { peekEnvironment } from '../environment/resolve.ts';
import { FailedError } from '../errors.ts';
import type { MigrationsRun } from '../migrations/on-scratch.ts';
import { some } from '../output/check-result.ts';
import { counted } from '../output/display.ts';
import { checkResultsForJson, renderCheckResults } from '../output/render-check-results.ts';
import type { Giving } from '../parameters/parameter.ts';
import type { NamedRun } from '../run/run.ts';
import { compare } from '../schema/compare/compare.ts';
import type { Comparison } from '../schema/compare/comparison.ts';
import { lookAtPage, redacted, writePage } from '../schema/report/page.ts';
import { loadParser } from '../sql/syntax.ts';
import type { State, WalkedRevision } from '../stack/alembic/walk.ts';
import { fromNothing, stateOf, type Reached } from './revisions/from-nothing.ts';
import { findCollisions } from './revisions/collisions.ts';
import { judge, type Seen } from './revisions/results.ts';
import type { Turn } from './revisions/turns.ts';
import { withStoredReadings } from './revisions/stored-readings.ts';
import { walkOver } from './revisions/walk-over.ts';
import { walkWithRows, type WithRows } from './revisions/with-rows.ts';

type RevisionsRun = NamedRun<
  Giving<{
    JSON: boolean;
    HTML: string | undefined;
    ROWS: boolean;
    BASE: string | undefined;
    ALEMBIC_INI: string | undefined;
    BOOTSTRAP_ROLES_SQL: string | undefined;
  }>
>;

/**
 * `al-check`: runs all revisions of this checkout on servers of its own, up, down and up again, and shows what is wrong
 * with them. No database of the team is touched, and no container engine is needed.
 *
 * @throws FailedError if a check failed
 */
export async function checkRevisions(run: RevisionsRun): Promise<void> {
  const { name, root, registry, terminal, values, signal } = run;
  // The secrets of an environment need not be there: its database is not asked.
  const environment = peekEnvironment(root, registry, name.name);
  terminal.redactor.show(namesOfEnvironment(environment));
  hideSecrets(terminal.redactor, environment);
  const page = await lookAtPage(run);
  const seen = await see({ ...run, environment });
  signal.throwIfAborted();
  const { results, remarks } = judge(seen, (path) => relative(root, path));
  terminal.clear();
  for (const { level, text, file, line } of remarks) terminal.annotate(level, text, file, line);
  if (values.JSON) {
    const revisions = seen.walked.revisions.map((one) => describeRevision(one, root));
    const rows = seen.rows ? describeRows(seen.rows) : null;
    terminal.result(
      JSON.stringify({ ...checkResultsForJson(name.name, undefined, results), revisions, rows }, null, 2),
    );
  } else if (page !== '-') terminal.screen(renderCheckResults(results, terminal.styleResult));
  if (page !== undefined) {
    const { renderChecksPage } = await import('./revisions/page.ts');
    const { length } = seen.walked.revisions;
    const found = redacted({ environment: name.name, results, revisions: length }, terminal.redactor);
    await writePage(run, page, renderChecksPage({ ...found, at: new Date() }));
  }
  const bad = results.filter(({ state }) => state === 'failed').map(({ check }) => check);
  if (bad.length > 0) throw new FailedError(`${bad.length} of ${results.length} checks failed: ${some(bad)}`);
  terminal.ok(`${counted(seen.walked.revisions.length, 'revision')}: up, down and up again`);
  terminal.next(run.command('al-up-env', { ENV: name.name }));
}

async function see(run: MigrationsRun & Pick<RevisionsRun, 'values'>): Promise<Seen> {
  const { severalHeads = false } = run.registry;
  const grantsAgain = rolesScript(run) !== undefined;
  await loadParser();
  const [plain, { revisions: bare, ...rest }, rows] = await Promise.all([
    fromNothing(run),
    walkOver(run),
    run.values.ROWS ? walkWithRows(run) : undefined,
  ]);
  const walked = { ...rest, revisions: bare.map(withStoredReadings) };
  return {
    ...{ severalHeads, walked, grantsAgain, rows },
    failure: 'failure' in plain ? plain.failure : undefined,
    collisions: await findCollisions(
      run.root,
      walked.revisions.map(({ path }) => relative(run.root, path)),
      run.values.BASE,
    ),
    turns: await compareTurns(run, walked.revisions, grantsAgain),
    ends: compared(plain, walked.reached),
  };
}

/** So many revisions are compared in full, which takes some seconds each; of the others the catalogs say what differs. */
const IN_FULL = 5;

/** For each revision that did not lead back, or not once more to the same: the two states compared in full. */
async function compareTurns(
  run: MigrationsRun,
  revisions: readonly WalkedRevision[],
  grantsAgain: boolean,
): Promise<Turn[]> {
  const turns: Turn[] = [];
  const counts = (kind: string): boolean =>
    kind !== 'column order' && !(grantsAgain && /^(default )?privileges$/.test(kind));
  for (const { revision, path, lines, undone = [], again = [] } of revisions) {
    const file = relative(run.root, path);
    const line = lines.downgrade ?? undefined;
    for (const [after, found] of [
      ['down', undone],
      ['up again', again],
    ] as const) {
      const changes = found.filter(({ kind }) => counts(kind));
      if (changes.length === 0) continue;
      const inFull = turns.length < IN_FULL;
      if (inFull) run.terminal.progress(`comparing the schema before and after ${revision}`);
      const comparison = inFull ? await compareStates(run, revision, after) : undefined;
      turns.push({ revision, file, line, after, changes, comparison });
    }
  }
  return turns;
}

async function compareStates(
  run: MigrationsRun,
  revision: string,
  after: Turn['after'],
): Promise<Comparison | undefined> {
  const before: State['after'] = after === 'down' ? 'nothing' : 'up';
  const [one, other] = await Promise.all([
    stateOf(run, { revision, after: before }),
    stateOf(run, { revision, after }),
  ]);
  return compared(one, other);
}

const compared = (one: Reached, other: Reached): Comparison | undefined =>
  'side' in one && 'side' in other
    ? compare(one.side, other.side, { ignore: [], privileges: 'compared', limits: [] })
    : undefined;

/** One revision for a program: docs/TASKS.md. Always has every field. */
const describeRevision = (
  { revision, path, downgrade, undone = [], again = [], lost = [], reads = [] }: WalkedRevision,
  root: string,
): object => ({ revision, file: relative(root, path), downgrade, undone, again, lost, reads });

/** What was seen with rows, for a program: docs/TASKS.md. */
const describeRows = ({ failed, without }: WithRows): object => ({
  failed: failed.map(({ revision, doing, file, line = null, message, rows }) => ({
    ...{ revision, doing, file, line, rows, message },
  })),
  without,
});
