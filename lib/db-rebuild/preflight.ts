import { describeRevisions, missingHeads, readLikelyRevisions } from '../database/revisions.ts';
import { checkDatabase } from '../database/replace/db-reset-db.ts';
import {
  CancelledError,
  ConfigurationError,
  MakesafeError,
  RefusedError,
  UnreachableError,
  UsageError,
  messageOf,
} from '../errors.ts';
import type { Heads } from '../stack/alembic/binding.ts';
import { once } from '../system/memoise.ts';
import { headsOf, type Facts } from '../schema/verify/facts.ts';
import type { RebuildRun } from './parameters.ts';

/**
 * Whether the database can be replaced, where METHOD says so, whether the migrations behind the reset would go to it, and
 * whether BASE is there to be compared with.
 */
export async function checkRebuild(run: RebuildRun): Promise<void> {
  const { METHOD, BASE, UNTIL } = run.values;
  const heads = once(() => headsOf(run));
  await Promise.all([
    run.stack.foresee?.(),
    ...(METHOD === 'db' ? [checkDatabase(run)] : []),
    ...(['migrate', 'start', 'current', 'verify'].includes(UNTIL) ? [checkAlembic(run, heads)] : []),
    ...(BASE === undefined || UNTIL !== 'verify' ? [] : [checkBase(run, BASE, heads)]),
  ]);
}

/**
 * Whether the migrations can run at all, and go to this database. The images that they will run from are built before
 * anything is destroyed. Where the server is down, which database alembic reaches is for the migration itself to refuse.
 *
 * @throws RefusedError when they cannot, when alembic reaches another database, or when nobody can see which
 */
async function checkAlembic(run: RebuildRun, heads: () => Promise<Heads>): Promise<void> {
  const { stack, values, environment, actor } = run;
  const { ALEMBIC_INI: ini } = values;
  // What is printed now would stand between the line that was typed and the screen.
  if (!actor.dryRun && environment.entry.local === true) await stack.build({ quietly: true });
  const reached = stack.alembic(['current'], { ini, quiet: true, strict: true }).catch((error: unknown) => {
    // A reset mends the data of an embedded server, and no compose file.
    if (error instanceof ConfigurationError && environment.entry.stack === 'compose')
      throw refusedBefore(error.message, error.hint);
    if (!(error instanceof MakesafeError) || error instanceof RefusedError) throw error;
  });
  await Promise.all([reached, checkHeads(run, heads)]);
}

/** @throws RefusedError when the revisions cannot be read, or there is no one head to go to */
async function checkHeads(run: RebuildRun, read: () => Promise<Heads>): Promise<void> {
  const { registry, command, environment, actor, stack } = run;
  const line = (task: string): string => command(task, { ENV: environment.name });
  let heads: readonly string[];
  try {
    ({ heads } = await read());
  } catch (error) {
    if (!(error instanceof MakesafeError) || error instanceof CancelledError) throw error;
    // A dry run builds no image to look into.
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
 * @throws UsageError when BASE is no name and no file
 * @throws RefusedError when it cannot be read: after the reset nobody could say whether both are the same
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

/** ENV will be at head, and is compared at the end: what is behind then will differ. */
async function sayIfBehind(run: RebuildRun, base: Facts, heads: () => Promise<Heads>): Promise<void> {
  let at: readonly string[] | undefined;
  let ends: readonly string[];
  try {
    [at, { ends }] = await Promise.all([base.ask(readLikelyRevisions), heads()]);
  } catch (error) {
    // The migration, or the comparison, will say it.
    if (!(error instanceof MakesafeError) || error instanceof CancelledError) throw error;
    return;
  }
  if (at === undefined || (at.length > 0 && missingHeads(at, ends).length === 0)) return;
  run.terminal.warn(
    `${base.environment} ${describeRevisions(at)}, not at head (${ends.join(', ')}): ${run.environment.name} will differ from it. First: ${run.command('al-up-env', { ENV: base.environment })}`,
  );
}
