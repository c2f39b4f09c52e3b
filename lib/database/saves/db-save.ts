import type { Client } from 'pg';
import { RefusedError } from '../../errors.ts';
import { byteSize } from '../../output/display.ts';
import type { StackRun } from '../../run/run.ts';
import { quoteName } from '../../sql/quote.ts';
import { whileUnfinished } from '../../system/unfinished.ts';
import { assertKnown, change, type Hand } from '../asserted.ts';
import type { DatabaseAttributes } from '../attributes.ts';
import { handOf, ownAttributes } from '../identity.ts';
import { commentStatement, refuseOtherMarker } from '../marker.ts';
import { closeToApplications, type Occasion } from '../replace/close.ts';
import { findLeftovers, reopen } from '../replace/leftovers.ts';
import { newName, saveName, writeMark, type Mark } from '../replace/names.ts';
import { findObstacles, listObstacles } from '../replace/obstacles.ts';
import { build, settle } from '../replace/swap.ts';
import { withRollback, type Progress } from '../replace/with-rollback.ts';
import { readLikelyRevisions } from '../revisions.ts';
import { withRunLock } from '../run-lock.ts';
import { asFiles, findSaved, labelOf, type SaveRun } from './saved.ts';
import { limitsOf, removeOldSaves } from './limits.ts';

/**
 * `db-save-env`: copies the database inside its server, as `NAME`. Applications cannot connect while it is copied,
 * because PostgreSQL copies only a database that nobody uses.
 *
 * @throws RefusedError on a protected environment, if the name is taken, or if the copy has no room
 */
export async function saveDatabase(run: SaveRun): Promise<void> {
  const { stack, environment, command } = run;
  const { name } = stack.database;
  const backup = command('backup', { ENV: environment.name });
  if (environment.entry.protected) {
    throw new RefusedError(`${environment.name} is protected: its applications are not stopped for a copy`, {
      hint: `a backup is taken while they work: ${backup}`,
    });
  }
  await withRunLock(run, { otherwise: 'refuse' }, async () => {
    const about = await stack.withClient(name, async (client) => {
      await refuseOtherMarker(client, run);
      return { ...(await sizeAndVersion(client)), revisions: (await readLikelyRevisions(client)) ?? [] };
    });
    const obstacles = await findObstacles(run, { bytes: about.size, stays: true });
    if (obstacles.length > 0) {
      throw new RefusedError(`database ${name} cannot be copied:\n${listObstacles(obstacles)}`, {
        hint: `a backup needs no room on the server: ${backup}`,
      });
    }
    await save(run, about);
  });
}

interface About {
  /** Bytes. */
  readonly size: number;
  /** Of the server, as 170002. */
  readonly version: number;
  readonly revisions: readonly string[];
}

async function sizeAndVersion(client: Client): Promise<Omit<About, 'revisions'>> {
  const { rows } = await client.query<Omit<About, 'revisions'>>(
    `SELECT pg_catalog.pg_database_size(pg_catalog.current_database())::float8 AS size,
            pg_catalog.current_setting('server_version_num')::int AS version`,
  );
  return rows[0]!;
}

async function save(run: SaveRun, about: About): Promise<void> {
  const { stack, environment, terminal, actor, values, command } = run;
  const { name } = stack.database;
  const occasion: Occasion = { what: 'save', since: new Date() };
  await withRollback(
    run,
    async (client, progress) => {
      const hand = await handOf(run, client);
      await settle(run, hand);
      await refuseTaken(run, client, about.size);
      const old = await ownAttributes(run, client);
      progress.oid = old.oid;
      const took = performance.now();
      await copyClosed(run, hand, old, occasion, about, progress);
      await keepAs(run, hand, old, occasion, about, progress);
      if (actor.dryRun) return;
      const seconds = ((performance.now() - took) / 1000).toFixed(1);
      terminal.ok(
        `${environment.name}: ${name} is saved as ${values.NAME} (${byteSize(about.size)}, ${seconds} s)`,
      );
      await removeOldSaves(run, hand);
    },
    true,
  );
  terminal.next(command('db-load-env', { ENV: environment.name, NAME: values.NAME }));
}

/** @throws RefusedError if the name is taken, or if all copies together would be larger than the registry allows */
async function refuseTaken(run: SaveRun, client: Client, size: number): Promise<void> {
  const { stack, environment, values, command } = run;
  const all = await findSaved(client, stack.database.name);
  const remove = (label: string): string =>
    command('db-drop-save-env', { ENV: environment.name, NAME: label });
  if (all.some((one) => labelOf(one) === values.NAME)) {
    throw new RefusedError(`${environment.name}: ${values.NAME} is saved already`, {
      hint: `another NAME, or first: ${remove(values.NAME)}`,
    });
  }
  const { bytes } = limitsOf(environment.entry);
  const together = all.reduce((sum, one) => sum + one.size, size);
  if (together <= bytes) return;
  throw new RefusedError(
    `${environment.name}: the saved copies would take ${byteSize(together)}, more than the ${byteSize(bytes)} of \`saves\` in the registry`,
    {
      hint: all.length > 0 ? remove(labelOf(all.at(-1)!)) : command('backup', { ENV: environment.name }),
    },
  );
}

/** Bytes per second of a copy on a slow disk, for the estimate. */
const SPEED = 80e6;
/** Seconds from which the estimate is said. */
const SAID_FROM = 2;

/** Copies the database while it is closed, and opens it again. */
async function copyClosed(
  run: StackRun,
  hand: Hand,
  old: DatabaseAttributes & { readonly name: string },
  occasion: Occasion,
  { size, version }: About,
  progress: Progress,
): Promise<void> {
  const { stack, environment, terminal, command } = run;
  const { name, oid } = old;
  const { client, systemIdentifier } = hand;
  const seconds = Math.ceil(size / SPEED);
  if (seconds >= SAID_FROM)
    terminal.info(`${byteSize(size)} are copied, about ${seconds} s; applications cannot connect meanwhile`);
  const opens = command('up', { ENV: environment.name });
  stack.fullDisk?.prepare();
  await whileUnfinished(
    `database ${name} closed to applications (${opens} opens it)`,
    async () => {
      const comment = await closeToApplications(run, hand, old, occasion);
      const copied = { ...{ name, oid, systemIdentifier, comment }, asFiles: asFiles(size, version) };
      await build(run, hand, old, occasion, progress, { copied });
      await reopen(await findLeftovers(client, name), hand);
    },
    { closed: true },
  );
}

/** Gives the copy its name and its mark. From then on, it is not removed by a run that finds it. */
async function keepAs(
  { stack, values, actor }: SaveRun,
  hand: Hand,
  { comment, connectionLimit, isTemplate }: DatabaseAttributes,
  { what, since }: Occasion,
  { revisions }: About,
  { newOid = '' }: Progress,
): Promise<void> {
  const { name } = stack.database;
  const { systemIdentifier } = hand;
  const made = { name: newName(name), oid: newOid, systemIdentifier };
  const mark: Mark = {
    ...{ kind: 'saved', of: name, what, since: since.toISOString(), template: isTemplate },
    ...{ label: values.NAME, revisions },
  };
  const kept = { ...made, name: saveName(name, values.NAME), comment: writeMark(comment, mark) };
  const saved = quoteName(kept.name);
  await change(
    hand,
    { before: [made], after: [kept] },
    `ALTER DATABASE ${quoteName(made.name)} RENAME TO ${saved}`,
    `ALTER DATABASE ${saved} CONNECTION LIMIT ${connectionLimit}`,
    commentStatement(kept.name, kept.comment),
  );
  if (!actor.dryRun) await assertKnown(hand.client, kept);
}
