import { RefusedError } from '../../errors.ts';
import type { Giving } from '../../parameters/parameter.ts';
import type { DestructiveRun, Foreseen, StackRun } from '../../run/run.ts';
import { checkShown, handOf, ownAttributes, type Shown } from '../identity.ts';
import type { Occasion } from '../replace/close.ts';
import { keptName } from '../replace/names.ts';
import { findObstacles } from '../replace/obstacles.ts';
import { removeOutdated } from '../replace/remove-outdated.ts';
import { settle } from '../replace/swap.ts';
import { untilWhen, whyNotKept } from '../replace/undo-limits.ts';
import { withRollback } from '../replace/with-rollback.ts';
import { copyDatabase, readSizeAndVersion } from './copy-database.ts';
import { notCopied } from './not-copied.ts';

/** A run of a task that changes the database in its place, and takes KEEP. */
type KeepRun = StackRun<Giving<{ KEEP: boolean }>>;

/** Why no copy is kept of the database that a task changes; undefined if one is. */
async function whyNoCopy(run: KeepRun): Promise<string | undefined> {
  const { environment, stack, values, actor } = run;
  if (!values.KEEP) return 'KEEP=0';
  if (environment.entry.protected)
    return 'its applications are not stopped for a copy, and there is a backup';
  const never = whyNotKept(environment.entry, 0);
  // A dry run of a downgrade needs no server.
  if (never !== undefined || actor.dryRun) return never;
  const { name } = stack.database;
  const { size, lacks } = await stack.withClient(name, async (client) => ({
    ...(await readSizeAndVersion(client)),
    lacks: await notCopied(client, name),
  }));
  const why = whyNotKept(environment.entry, size);
  if (why !== undefined) return why;
  if (lacks.length > 0) return `it would lack ${lacks.join(', ')}`;
  const [first] = await findObstacles(run, { bytes: size, stays: true });
  return first?.obstacle;
}

/** The same, for the guard's screen. */
export async function describeCopy(run: KeepRun): Promise<Required<Foreseen>['undo']> {
  const why = await whyNoCopy(run);
  if (why !== undefined) return { kept: false, words: `none: ${why}` };
  const until = untilWhen({ since: new Date() }, run.environment.entry);
  return { kept: true, words: `a copy is kept${until} (KEEP=0: none)` };
}

/**
 * Keeps a copy of the database for `db-undo-env`, before it is changed in its place. Applications cannot connect while it
 * is copied.
 *
 * @returns its name; undefined if none is kept, and in a dry run
 * @throws RefusedError if the screen has promised one, and none can be made by now
 */
export async function keepCopy(
  run: Shown & KeepRun & Pick<Partial<DestructiveRun>, 'foreseen'>,
  what: 'downgrade',
): Promise<string | undefined> {
  const { stack, terminal, actor } = run;
  const why = await whyNoCopy(run);
  if (why !== undefined) {
    if (run.foreseen?.undo?.kept)
      throw new RefusedError(
        `refused; nothing was touched\nno copy can be kept, as the screen has promised: ${why}`,
        { hint: 'make room for it, or go on without one: KEEP=0' },
      );
    // The guard's screen has said it.
    if (!run.foreseen) terminal.info(`no copy is kept before the ${what}: ${why}`);
    return undefined;
  }
  const { name } = stack.database;
  if (actor.dryRun) {
    await actor.act(`# a copy of ${name}, kept for db-undo-env`, () => Promise.resolve());
    return undefined;
  }
  const occasion: Occasion = { what, since: new Date() };
  const kept = keptName(name, occasion.since);
  const about = await stack.withClient(name, readSizeAndVersion);
  await withRollback(
    run,
    async (client, progress) => {
      const hand = await handOf(run, client);
      await settle(run, hand);
      const own = await ownAttributes(run, client);
      checkShown(run, hand, own);
      progress.oid = own.oid;
      const named = { name: kept, mark: { kind: 'kept' } } as const;
      await copyDatabase(run, hand, own, occasion, about, progress, named);
      await removeOutdated(run, hand);
    },
    true,
  );
  return kept;
}
