import { FailedError, RefusedError } from '../errors.ts';
import { describeRevisions, readRevisions } from '../database/revisions.ts';
import { readLanded } from '../migrations/alembic.ts';
import { failed } from '../migrations/failed.ts';
import { hazardsOf, type Limits } from '../migrations/hazards.ts';
import type { Receipt } from '../migrations/receipt.ts';
import type { StackRun } from '../run/run.ts';
import type { AlembicOptions, AlembicResult } from '../stack/alembic/run-alembic.ts';
import { watchedOf } from '../stack/alembic/watch.ts';
import type { Copy } from './copy.ts';
import { schemaFingerprint } from './fingerprint.ts';

export interface Rehearsing {
  /** Of the environment whose migration it is. */
  readonly run: StackRun;
  /** Of the environment on whose server the copy is. */
  readonly target: StackRun;
  /** The name of that environment, for the person. */
  readonly on: string;
  readonly staging: string;
  readonly copy: Copy;
  /** What of it could not be restored. */
  readonly without: readonly string[];
  /** The revisions of the environment's own database. */
  readonly now: readonly string[];
  /** As it was typed. */
  readonly to: string;
  readonly ini: string | undefined;
  readonly limits: Limits;
  /** Shows nothing of what alembic prints. */
  readonly quiet?: boolean;
}

export interface Rehearsed {
  readonly receipt: Receipt;
  /** Why the migration failed on the copy. */
  readonly failure: FailedError | undefined;
}

/**
 * Brings the copy to the revision where the environment is, migrates it, and looks at what that did.
 *
 * @throws RefusedError if the copy cannot be brought there
 */
export async function migrateCopy(rehearsing: Rehearsing): Promise<Rehearsed> {
  const { run, target, on, staging, copy, without, now, to, limits } = rehearsing;
  await bringTo(rehearsing);
  const { pgDump } = target.stack;
  const before = await schemaFingerprint(target.stack, staging, pgDump);
  const { result, way } = await migrate(rehearsing);
  const failure =
    result.status === 0 ? await landedElsewhere(rehearsing, result) : await said(rehearsing, result, way);
  const watched = result.watched ?? watchedOf([]);
  const { revisions, statements, held, emptied, rows, lost, by } = watched;
  const after = await schemaFingerprint(target.stack, staging, pgDump);
  return {
    failure,
    receipt: {
      ...{ format: 2, environment: run.environment.name, time: new Date().toISOString() },
      ...{ on, serverVersion: copy.serverVersion, backup: copy.backup },
      ...{ data: copy.backup !== null, way, target: to, from: now, to: await revisionsOf(rehearsing) },
      migrated: failure === undefined,
      schema: { before: before.sha256, after: after.sha256, pgDump, version: before.version },
      without,
      ...{
        revisions,
        statements,
        held,
        emptied,
        rows,
        lost,
        by,
        limits,
        hazards: hazardsOf(watched, limits),
      },
    },
  };
}

const revisionsOf = ({ target, staging }: Rehearsing): Promise<string[]> =>
  target.stack.withClient(staging, readRevisions);

/** Runs alembic on the copy. */
const alembic = (
  { run, target, staging, ini, quiet = false }: Rehearsing,
  args: readonly string[],
  how: Pick<AlembicOptions, 'watch' | 'quiet'> = {},
): Promise<AlembicResult> =>
  target.stack.alembic(args, {
    ...{ ini, quiet, foldTraceback: true, ...how },
    instead: { database: staging, copyOf: run.stack.database.name },
  });

/** The copy may be of an earlier time, or have no rows at all, also none in the version table. */
async function bringTo(rehearsing: Rehearsing): Promise<void> {
  const { run, copy, now } = rehearsing;
  const at = await revisionsOf(rehearsing);
  if (same(at, now)) return;
  const { environment, terminal, command } = run;
  if (copy.backup !== null)
    terminal.info(
      `the copy ${describeRevisions(at)}, and ${environment.name} ${describeRevisions(now)}: it is brought there first`,
    );
  let status = 0;
  for (const revision of now) {
    ({ status } = await alembic(rehearsing, [copy.backup === null ? 'stamp' : 'upgrade', revision], {
      quiet: true,
    }));
    if (status !== 0) break;
  }
  const then = await revisionsOf(rehearsing);
  if (status === 0 && same(then, now)) return;
  throw new RefusedError(
    `the copy ${describeRevisions(then)} and cannot be brought to where ${environment.name} is (${now.join(', ') || 'no revision'})`,
    { hint: `take a new backup: ${command('backup', { ENV: environment.name })}` },
  );
}

const same = (one: readonly string[], other: readonly string[]): boolean =>
  [...one].sort().join('\n') === [...other].sort().join('\n');

interface Migrated {
  readonly result: AlembicResult;
  readonly way: Receipt['way'];
}

/** Upgrades the copy, or downgrades it where Alembic finds nothing to upgrade on the way to the revision. */
async function migrate(rehearsing: Rehearsing): Promise<Migrated> {
  const { run, to, copy } = rehearsing;
  // Without rows on the copy, none is what it would say of each table.
  const watch = { count: copy.backup !== null };
  if (!/^(-\d+|base)$/.test(to)) {
    // With several heads on purpose, `head` is ambiguous for Alembic.
    const up = to === 'head' && run.registry.severalHeads ? 'heads' : to;
    const result = await alembic(rehearsing, ['upgrade', up], { watch });
    const steps = (result.plans ?? []).reduce((all, plan) => all + plan.steps, 0);
    if (result.status !== 0 || steps > 0 || /^heads?$/.test(up)) return { result, way: 'up' };
  }
  return { result: await alembic(rehearsing, ['downgrade', to], { watch }), way: 'down' };
}

/** The run as if the copy were the environment's database: for messages. */
const asIfItsOwn = ({ run, target, staging }: Rehearsing): StackRun => ({
  ...run,
  stack: { ...target.stack, database: { ...target.stack.database, name: staging } },
});

async function said(
  rehearsing: Rehearsing,
  result: AlembicResult,
  way: Receipt['way'],
): Promise<FailedError> {
  const { run, target, on, to } = rehearsing;
  const again = run.command(run.task.name, {
    ENV: run.environment.name,
    ...(target.environment.name === run.environment.name ? {} : { ON: on }),
    ...(to === 'head' ? {} : { TO: to }),
  });
  return failed(asIfItsOwn(rehearsing), result, [way === 'up' ? 'upgrade' : 'downgrade', to], again);
}

/** An env.py may ignore an error, or do something else than migrate. */
async function landedElsewhere(
  rehearsing: Rehearsing,
  { plans }: AlembicResult,
): Promise<FailedError | undefined> {
  try {
    await readLanded(asIfItsOwn(rehearsing), plans ?? []);
    return undefined;
  } catch (error) {
    if (error instanceof FailedError) return error;
    throw error;
  }
}
