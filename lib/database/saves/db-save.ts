import type { Client } from 'pg';
import { RefusedError } from '../../errors.ts';
import { byteSize } from '../../output/display.ts';
import { handOf, ownAttributes } from '../identity.ts';
import { refuseOtherMarker } from '../marker.ts';
import type { Occasion } from '../replace/close.ts';
import { saveName } from '../replace/names.ts';
import { findObstacles, listObstacles } from '../replace/obstacles.ts';
import { settle } from '../replace/swap.ts';
import { withRollback } from '../replace/with-rollback.ts';
import { readLikelyRevisions } from '../revisions.ts';
import { withRunLock } from '../run-lock.ts';
import { copyDatabase, readSizeAndVersion, type SizeAndVersion } from './copy-database.ts';
import { findSaved, labelOf, sizeOfAll, type SaveRun } from './saved.ts';
import { limitsOf } from './limits.ts';
import { notCopied } from './not-copied.ts';
import { tidySaves } from './spare.ts';

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
      return {
        ...(await readSizeAndVersion(client)),
        revisions: (await readLikelyRevisions(client)) ?? [],
        lacks: await notCopied(client, name),
      };
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

interface About extends SizeAndVersion {
  readonly revisions: readonly string[];
  /** What the copy will not have. */
  readonly lacks: readonly string[];
}

async function save(run: SaveRun, about: About): Promise<void> {
  const { stack, environment, terminal, actor, values, command } = run;
  const { name } = stack.database;
  const occasion: Occasion = { what: 'save', since: new Date() };
  let seconds = '';
  await withRollback(
    run,
    async (client, progress) => {
      const hand = await handOf(run, client);
      await settle(run, hand);
      await refuseTaken(run, client, about.size);
      const old = await ownAttributes(run, client);
      progress.oid = old.oid;
      const took = performance.now();
      await copyDatabase(run, hand, old, occasion, about, progress, {
        name: saveName(name, values.NAME),
        mark: { kind: 'saved', label: values.NAME, revisions: about.revisions },
      });
      seconds = ((performance.now() - took) / 1000).toFixed(1);
    },
    true,
  );
  if (about.lacks.length > 0)
    terminal.warn(
      `a copy has none of these: ${about.lacks.join(', ')}; the database that db-load-env makes of it will lack them`,
    );
  if (actor.dryRun) return;
  terminal.ok(
    `${environment.name}: ${name} is saved as ${values.NAME} (${byteSize(about.size)}, ${seconds} s)`,
  );
  terminal.next(command('db-load-env', { ENV: environment.name, NAME: values.NAME }));
  await tidySaves(run, occasion);
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
  // A spare goes before a copy that a person wants.
  const together = sizeOfAll(all.map((one) => ({ ...one, spare: undefined }))) + size;
  if (together <= bytes) return;
  throw new RefusedError(
    `${environment.name}: the saved copies would take ${byteSize(together)}, more than the ${byteSize(bytes)} of \`saves\` in the registry`,
    {
      hint: all.length > 0 ? remove(labelOf(all.at(-1)!)) : command('backup', { ENV: environment.name }),
    },
  );
}
