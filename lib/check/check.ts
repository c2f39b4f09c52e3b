import { FailedError, MakesafeError } from '../errors.ts';
import { asWarning, lookAt, skipped, some, type Check, type CheckResult } from '../output/check-result.ts';
import { renderCheckResults, renderCheckResultsJson } from '../output/render-check-results.ts';
import { makeActor } from '../output/actor.ts';
import { openEnvironment } from '../run/open-environment.ts';
import { readerReads } from '../schema/verify/database-checks.ts';
import { atHead, databaseReachable, markerRight, oneHead } from '../schema/verify/environment-checks.ts';
import { factsOf, type VerifyFacts } from '../schema/verify/facts.ts';
import type { NamedRun } from '../run/run.ts';
import { alembicRuns, diskSpace, leftovers, storageStays } from './database-checks.ts';
import { folders, replaceable, writable } from './later-checks.ts';
import { neighbours } from './neighbours.ts';
import { makefileOurs, registryKept } from './repository-checks.ts';
import { closeWall } from '../database/close-wall.ts';
import { wallOf } from '../database/wall.ts';
import { wallStands } from './wall.ts';
import type { Giving } from '../parameters/parameter.ts';
import type { AlembicRun } from '../migrations/alembic.ts';

/** The last two are warnings only: a database that is not set up completely is not broken. */
const OF_CONTENTS: readonly Check<VerifyFacts>[] = [markerRight, asWarning(readerReads), asWarning(atHead)];

const OF_REPOSITORY = [registryKept, makefileOurs, folders, neighbours];
const OF_DATABASE = [alembicRuns, writable, replaceable];
const OF_WALLED = [...OF_DATABASE, wallStands];

type CheckRun = NamedRun<Giving<{ JSON: boolean; ALEMBIC_INI: string | undefined }>>;

/**
 * `check`: checks all that other commands need, and says what to do about each problem. Changes nothing, except that it
 * closes a wall that a killed run has left open. A failed check does not stop the others.
 *
 * @throws FailedError if a check failed
 */
export async function check(run: CheckRun): Promise<void> {
  const { name, terminal, values, signal } = run;
  const results = await examine(run);
  // After Ctrl-C, failures say nothing about the environment.
  signal.throwIfAborted();
  if (values.JSON) terminal.result(renderCheckResultsJson(name.name, undefined, results));
  else terminal.screen(renderCheckResults(results, terminal.styleResult));
  const bad = results.filter(({ state }) => state === 'failed').map((result) => result.check);
  if (bad.length > 0) {
    throw new FailedError(`${name.name}: ${bad.length} of ${results.length} checks failed: ${some(bad)}`);
  }
  terminal.ok(`${name.name}: all checks passed`);
}

async function examine(run: CheckRun): Promise<CheckResult[]> {
  const configuration = { check: 'configuration' };
  let opened: AlembicRun;
  try {
    // Open it as in a dry run, so that no secrets file is made.
    opened = await openEnvironment({ ...run, actor: makeActor(true, run.terminal) }, run.name);
  } catch (error) {
    if (!(error instanceof MakesafeError)) throw error;
    const remedy = error.hint === undefined ? {} : { remedy: error.hint };
    return [{ ...configuration, state: 'failed', found: onOneLine(error.message), ...remedy }];
  }
  // Before the look: what a killed run has left open is closed by whatever is typed next.
  if (opened.environment.entry.protected) await closeWall({ ...opened, actor: run.actor });
  const files = opened.environment.envFiles.map(({ path }) => path).join(', ');
  const facts = factsOf(opened);
  const [repository, engine, storage, database, heads] = await Promise.all([
    Promise.all(OF_REPOSITORY.map((one) => lookAt(one, opened))),
    opened.stack.diagnose(),
    opened.stack.lookAtStorage ? lookAt(storageStays, opened) : undefined,
    lookAt(databaseReachable, facts),
    lookAt(asWarning(oneHead), facts),
  ]);
  const reachable = database.state === 'passed';
  const rest = await Promise.all([
    ...OF_CONTENTS.map((one) => (reachable ? lookAt(one, facts) : unreachable(one.name))),
    ...(wallOf(opened.environment.entry) === undefined ? OF_DATABASE : OF_WALLED).map((one) =>
      reachable ? lookAt(one, opened) : unreachable(one.name),
    ),
    // Also without a database: leftovers of a killed run may be the reason that it does not answer.
    lookAt(leftovers, opened),
    reachable ? lookAt(diskSpace, opened) : unreachable(diskSpace.name),
  ]);
  return [
    {
      ...configuration,
      state: 'passed',
      found: files === '' ? 'the registry names no env files' : `${files} are complete`,
    },
    ...engine,
    ...(storage ? [storage] : []),
    ...[database, ...rest, heads],
    ...repository,
  ];
}

/** Messages about an environment's files are lists with a heading: make them one line. */
const onOneLine = (text: string): string => text.replaceAll(':\n', ': ').replaceAll('\n', '; ');

const unreachable = (check: string): Promise<CheckResult> =>
  Promise.resolve({ check, ...skipped('the database does not answer') });
