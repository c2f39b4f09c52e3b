import { describeRevisions, missingHeads, readLikelyRevisions } from '../database/revisions.ts';
import { checkDatabase } from '../database/replace/db-reset-db.ts';
import { readFiles } from '../database/saves/made-files.ts';
import {
  CancelledError,
  ConfigurationError,
  MakesafeError,
  RefusedError,
  UnreachableError,
  UsageError,
  messageOf,
} from '../errors.ts';
import type { Heads } from '../stack/alembic/heads.ts';
import { once } from '../system/memoise.ts';
import { readHeads } from '../migrations/ask-alembic.ts';
import type { VerifyFacts } from '../schema/verify/facts.ts';
import { isCached, lookForMade, readMade, refuseCache, traceFor } from './cache/find.ts';
import { isWritten } from './cache/file/write.ts';
import { reaches, type RebuildRun } from './parameters.ts';
import { checkSeed } from './seed.ts';

/**
 * Checks, before the countdown, that the environment can start again; with METHOD=db, that the database can be
 * replaced; that the migrations can run and reach this database, and the seed; and that BASE can be read.
 *
 * @throws RefusedError · UsageError with the reason
 */
export async function checkRebuild(run: RebuildRun): Promise<void> {
  const { METHOD, BASE } = run.values;
  const heads = once(() => readHeads(run));
  refuseCache(run);
  await Promise.all([
    run.stack.foresee?.(),
    loadSteps(METHOD),
    checkSeed(run),
    ...(METHOD === 'db' ? [checkDatabase(run)] : []),
    ...(reaches(run, 'migrate') ? [checkAlembic(run, heads)] : []),
    ...(BASE === undefined || !reaches(run, 'verify') ? [] : [checkBase(run, BASE, heads)]),
  ]);
}

/** Loads the modules of the steps: after the screen, the work should begin at once. */
const loadSteps = async (method: RebuildRun['values']['METHOD']): Promise<void> => {
  await Promise.all([
    import('./db-rebuild.ts'),
    import('../schema/verify/db-verify.ts'),
    ...(method === 'db' ? [import('../database/replace/swap.ts')] : []),
  ]);
};

/**
 * Checks that the migrations can run and that Alembic reaches this database. Builds the images for it, before anything
 * is destroyed. If the server is down, the migration itself checks later which database it reaches.
 *
 * @throws RefusedError if the migrations cannot run, or Alembic reaches another database or one that cannot be verified
 */
async function checkAlembic(run: RebuildRun, heads: () => Promise<Heads>): Promise<void> {
  const { stack, values, environment, actor } = run;
  const { ALEMBIC_INI: ini } = values;
  // Quietly: output here would come between the typed command and the confirmation.
  if (!actor.dryRun && environment.entry.local === true) await stack.build({ quietly: true });
  const takes = values.METHOD === 'db' && isCached(run);
  const made = takes ? await readMade(run) : [];
  const files = takes && isWritten(run) ? readFiles(run) : [];
  const trace = traceFor(run, [...made, ...files]);
  // If it cannot be read, `up` will look.
  const running = made.length === 0 ? undefined : stack.upToDate?.().catch(() => undefined);
  const asked = stack.alembic(['current'], { ini, quiet: true, strict: true, trace });
  const reached = asked.catch((error: unknown) => {
    // A reset repairs the data of an embedded server, but not a compose file.
    if (error instanceof ConfigurationError && environment.entry.stack === 'compose')
      throw refusedBefore(error.message, error.hint);
    if (!(error instanceof MakesafeError) || error instanceof RefusedError) throw error;
  });
  const [result] = await Promise.all([reached, checkHeads(run, heads)]);
  if (result?.sources) await lookForMade(run, { made, files }, result.sources, heads, running);
}

/**
 * @throws RefusedError if the revisions cannot be read, there are none, or there are several heads and not on purpose
 */
async function checkHeads(run: RebuildRun, read: () => Promise<Heads>): Promise<void> {
  const { registry, command, environment, actor, stack } = run;
  const line = (task: string): string => command(task, { ENV: environment.name });
  let heads: readonly string[];
  try {
    ({ heads } = await read());
  } catch (error) {
    if (!(error instanceof MakesafeError) || error instanceof CancelledError) throw error;
    // A dry run builds no image, so there may be none to read the revisions from.
    if (actor.dryRun && error instanceof UnreachableError) return;
    const builtIn = stack.isBuiltIn(environment.names.application.alembicIni);
    throw refusedBefore(
      `the migrations cannot run: ${messageOf(error)}`,
      `${line('al-heads-env')} says all of it; correct it, then${builtIn ? `: ${line('rebuild')}, and` : ''} type this again`,
    );
  }
  if (heads.length === 1 || (registry.severalHeads === true && heads.length > 1)) return;
  const lists = line('al-heads-env');
  if (heads.length === 0) throw refusedBefore('there are no revisions to migrate to', lists);
  throw refusedBefore(
    `the migrations have ${heads.length} heads, and cannot go to one: ${heads.join(', ')}`,
    `join them (alembic merge heads), or say that they are meant: severalHeads: true in env/environments.ts; ${lists} lists them`,
  );
}

const refusedBefore = (why: string, hint: string | undefined): RefusedError =>
  new RefusedError(`refused; nothing was touched\n${why}`, hint === undefined ? {} : { hint });

/**
 * @throws UsageError if BASE is neither an environment nor a file
 * @throws RefusedError if BASE cannot be read: then the comparison after the reset would fail
 */
async function checkBase(run: RebuildRun, name: string, heads: () => Promise<Heads>): Promise<void> {
  const { factsOfBase } = await import('../schema/verify/db-verify.ts');
  try {
    const { facts } = await factsOfBase(run, name);
    await facts?.query('SELECT');
    if (facts) await sayIfBehind(run, facts, heads);
  } catch (error) {
    if (!(error instanceof MakesafeError) || error instanceof UsageError) throw error;
    throw refusedBefore(`BASE=${name} cannot be read: ${messageOf(error)}`, error.hint);
  }
}

/** Warns if BASE is not at head: ENV will be at head, so the two will differ. */
async function sayIfBehind(run: RebuildRun, base: VerifyFacts, heads: () => Promise<Heads>): Promise<void> {
  let at: readonly string[] | undefined;
  let ends: readonly string[];
  try {
    [at, { ends }] = await Promise.all([base.ask(readLikelyRevisions), heads()]);
  } catch (error) {
    // The migration or the comparison will report this error.
    if (!(error instanceof MakesafeError) || error instanceof CancelledError) throw error;
    return;
  }
  if (at === undefined || (at.length > 0 && missingHeads(at, ends).length === 0)) return;
  run.terminal.warn(
    `${base.environment} ${describeRevisions(at)}, not at head (${ends.join(', ')}): ${run.environment.name} will differ from it. First: ${run.command('al-up-env', { ENV: base.environment })}`,
  );
}
