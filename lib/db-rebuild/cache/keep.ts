import { ownAttributes, handOf } from '../../database/identity.ts';
import { withMaintenanceSession } from '../../database/maintenance.ts';
import type { Occasion } from '../../database/replace/close.ts';
import { drop } from '../../database/replace/leftovers.ts';
import { madeName } from '../../database/replace/names.ts';
import { findObstacles, listObstacles } from '../../database/replace/obstacles.ts';
import { settle } from '../../database/replace/swap.ts';
import { withRollback } from '../../database/replace/with-rollback.ts';
import { readCertainRevisions } from '../../database/revisions.ts';
import { copyAside, readSizeAndVersion } from '../../database/saves/copy-aside.ts';
import { limitsOf } from '../../database/saves/limits.ts';
import { findMade, findSaved, sizeOfAll } from '../../database/saves/saved.ts';
import { copyClosed } from '../../database/saves/spare.ts';
import { messageOf } from '../../errors.ts';
import { byteSize } from '../../output/display.ts';
import type { Sources } from '../../stack/alembic/sources.ts';
import type { RebuildRun } from '../parameters.ts';
import { keyOf } from './fit.ts';
import { surplus } from './limits.ts';
import { readRecipe } from './recipe.ts';

/** The key of what this run has kept or taken. */
let current: string | undefined;

export const nowCurrent = (key: string): void => void (current = key);

const occasionNow = (): Occasion => ({ what: 'rebuild', since: new Date() });

/**
 * Keeps a copy of what this run has made, for the next one. Warns if that is not possible: the rebuild goes on.
 *
 * @param sources what alembic has read when it made it
 * @param before files that the revisions of a copy below have read while they ran
 */
export async function keepMade(run: RebuildRun, sources: Sources, before: readonly string[]): Promise<void> {
  const { stack, environment, terminal, signal } = run;
  const { name } = stack.database;
  const not = (why: string): void => terminal.info(`not kept for the next rebuild: ${why}`);
  const keep: Parameters<typeof withRollback>[1] = async (client, progress) => {
    const hand = await handOf(run, client);
    const own = await ownAttributes(run, client);
    const about = await hand.enter(name, async (inside) => ({
      ...(await readSizeAndVersion(inside)),
      revisions: await readCertainRevisions(inside),
    }));
    const recipe = await readRecipe(run, client, sources);
    const late = [...new Set([...before, ...(recipe?.sources.late ?? [])])];
    const key = recipe && keyOf(recipe, late);
    if (key === undefined || about.revisions === undefined)
      return not('a file of the migrations was changed while they ran');
    current = key;
    const [made, saved] = [await findMade(client, name), await findSaved(client, name)];
    if (made.some(({ mark }) => mark.label === key)) return undefined;
    const { bytes } = limitsOf(environment.entry);
    const together = sizeOfAll(saved) + about.size;
    if (together > bytes) return not(`it would take more than the ${byteSize(bytes)} of \`saves\``);
    const obstacles = await findObstacles(run, { bytes: about.size, stays: true });
    if (obstacles.length > 0) return not(listObstacles(obstacles));
    await settle(run, hand);
    progress.oid = own.oid;
    await copyAside(run, hand, own, occasionNow(), about, progress, {
      name: madeName(name, key, 1),
      mark: { kind: 'made', label: key, copy: 1, late, revisions: about.revisions },
    });
  };
  try {
    await withRollback(run, keep, true);
  } catch (error) {
    signal.throwIfAborted();
    terminal.warn(`not kept for the next rebuild: ${messageOf(error)}`);
  }
}

/**
 * Behind the [ok]: makes a spare copy of what this run has kept or taken, so that the next one only renames it, and
 * removes what is too old or too much. Warns if that is not possible.
 */
export async function tidyMade(run: RebuildRun): Promise<void> {
  const { stack, environment, terminal, signal } = run;
  const { name } = stack.database;
  try {
    await withMaintenanceSession(run, async (client) => {
      const hand = await handOf(run, client);
      const saved = sizeOfAll(await findSaved(client, name));
      const all = await findMade(client, name);
      const gone = surplus(all, { ...limitsOf(environment.entry), saved, current, now: Date.now() });
      for (const one of gone) await drop(one, hand);
      const left = all.filter((one) => !gone.includes(one) && one.mark.label === current);
      const [made, another] = left;
      if (!made || another || saved + 2 * made.size > limitsOf(environment.entry).bytes) return;
      const { label = '', copy = 0 } = made.mark;
      await copyClosed(
        run,
        hand,
        made,
        occasionNow(),
        {},
        {
          name: madeName(name, label, copy + 1),
          mark: { ...made.mark, copy: copy + 1 },
        },
      );
    });
  } catch (error) {
    signal.throwIfAborted();
    terminal.warn(`no spare copy was made for the next rebuild: ${messageOf(error)}`);
  }
}
