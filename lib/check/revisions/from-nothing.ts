import { FailedError } from '../../errors.ts';
import {
  onScratch,
  upgradeScratch,
  type MigrationsRun,
  type ScratchRun,
} from '../../migrations/on-scratch.ts';
import { sourceOf } from '../../schema/compare/comparing.ts';
import { readDatabase, type Side } from '../../schema/read/read.ts';
import type { AlembicResult } from '../../stack/alembic/run-alembic.ts';
import type { State, WalkOptions } from '../../stack/alembic/walk.ts';
import { failureIn, type StepFailure } from './failure.ts';

/** What is left when all revisions ran on a scratch server, or why they did not. */
export type Reached = { readonly side: Side } | { readonly failure: StepFailure };

/** Everything: both sides are databases of scratch servers. */
const SCOPE = { catalog: true, privileges: true, plain: false };

/** Migrates a scratch server from nothing to the heads, as env.py does it. */
export const fromNothing = (run: MigrationsRun): Promise<Reached> =>
  reaching(run, async (scratch) => outcome(scratch, await upgradeScratch(scratch), 'up'));

/** The schema in one state on the way. */
export const stateOf = (run: MigrationsRun, end: State): Promise<Reached> =>
  reaching(run, async (scratch) =>
    outcome(scratch, await upgradeScratch(scratch, { walk: { end } }), end.after),
  );

/** The same as `fromNothing`, with a walk over the revisions. The walk is undefined if it did not begin. */
export async function withWalk(
  run: MigrationsRun,
  walk: WalkOptions,
): Promise<{ readonly result: AlembicResult | undefined; readonly reached: Reached }> {
  let result: AlembicResult | undefined;
  const reached = await reaching(run, async (scratch) => {
    result = await upgradeScratch(scratch, { walk });
    return outcome(scratch, result, 'down and up');
  });
  return { result, reached };
}

const outcome = async (scratch: ScratchRun, result: AlembicResult, label: string): Promise<Reached> =>
  result.status === 0
    ? { side: await readDatabase({ ...sourceOf(scratch, 'bundled'), label }, SCOPE) }
    : { failure: failureIn(scratch, result) };

/** What the roles' script or env.py did wrong is a result, too. */
const reaching = (run: MigrationsRun, work: (scratch: ScratchRun) => Promise<Reached>): Promise<Reached> =>
  onScratch(run, work).catch((error: unknown) => {
    if (!(error instanceof FailedError)) throw error;
    return { failure: { ...NOWHERE, message: error.message } };
  });

const NOWHERE = { revision: undefined, file: undefined, line: undefined, isNotImplemented: false };
