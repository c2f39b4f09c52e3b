import { CancelledError, messageOf } from '../../errors.ts';
import { byteSize } from '../../output/display.ts';
import type { StackRun } from '../../run/run.ts';
import { whileUnfinished } from '../../system/unfinished.ts';
import type { Hand } from '../asserted.ts';
import { readAttributes } from '../attributes.ts';
import { handOf, ownAttributes } from '../identity.ts';
import type { Occasion } from '../replace/close.ts';
import { drop, findLeftovers } from '../replace/leftovers.ts';
import { nameNow, newName, readMark, spareName } from '../replace/names.ts';
import { findObstacles } from '../replace/obstacles.ts';
import { settle } from '../replace/swap.ts';
import { withRollback, type Progress } from '../replace/with-rollback.ts';
import { copyClosedDatabase, sayHowLong, type NamedCopy } from './copy-database.ts';
import { limitsOf, removeOldSaves } from './limits.ts';
import { findSaved, labelOf, sizeOfAll, type Saved, type SaveRun, type SavedCopy } from './saved.ts';

/** The spare that a load takes instead of copying; undefined if it may differ from the saved copy. Pure. */
export const spareFor = ({ mark, spare, wasOpened }: SavedCopy): Saved | undefined =>
  spare && !wasOpened && !spare.wasOpened && spare.mark.since === mark.since ? spare : undefined;

/**
 * Makes a second copy of a database of ours that is closed. Makes none where it has no room.
 *
 * @param named the name and the mark of the second one
 */
export async function copyClosed(
  run: StackRun,
  hand: Hand,
  { name, oid, comment, size }: Saved,
  occasion: Occasion,
  progress: Progress,
  named: NamedCopy,
): Promise<void> {
  const attributes = await readAttributes(hand.client, name);
  if (!attributes || (await findObstacles(run, { bytes: size, stays: true })).length > 0) return;
  await settle(run, hand);
  const { rows } = await hand.client.query<{ version: number }>(
    `SELECT pg_catalog.current_setting('server_version_num')::int AS version`,
  );
  const own = { ...attributes, name: run.stack.database.name, comment: readMark(comment).comment };
  const closed = { name, oid, systemIdentifier: hand.systemIdentifier, comment };
  const about = { size, version: rows[0]!.version };
  const left = (): string => `${nameNow(newName(own.name))}, half made, which the next run removes`;
  await whileUnfinished(left, () =>
    copyClosedDatabase(run, hand, own, closed, occasion, about, progress, named),
  );
}

/**
 * Behind the [ok] of a save or a load: removes copies that are too old, and makes a spare of the one that was saved or
 * loaded, so that the next load only exchanges two names. Only one copy has a spare: a spare is as large as what it is
 * for. Warns if it cannot be made.
 *
 * @throws CancelledError
 */
export async function tidySaves(run: SaveRun, occasion: Occasion): Promise<void> {
  const { stack, environment, terminal, signal, values } = run;
  const { name } = stack.database;
  try {
    await withRollback(
      run,
      async (client, progress) => {
        const hand = await handOf(run, client);
        await removeOldSaves(run, hand);
        const all = await findSaved(client, name);
        const one = all.find((other) => labelOf(other) === values.NAME);
        const wanted = one && !one.wasOpened ? one : undefined;
        const has = wanted && spareFor(wanted);
        const { spares } = await findLeftovers(client, name);
        for (const spare of spares) if (spare.oid !== has?.oid) await drop(spare, hand);
        if (!wanted || has) return;
        const without = sizeOfAll(all.map((other) => ({ ...other, spare: undefined })));
        if (without + wanted.size > limitsOf(environment.entry).bytes) return;
        progress.oid = (await ownAttributes(run, client)).oid;
        sayHowLong(wanted.size, (how) =>
          terminal.info(`a spare copy for the next db-load-env is made (${byteSize(wanted.size)}, ${how})`),
        );
        await copyClosed(run, hand, wanted, occasion, progress, {
          name: spareName(name, labelOf(wanted)),
          mark: { ...wanted.mark, kind: 'spare' },
        });
      },
      true,
    );
  } catch (error) {
    const without = `no spare copy was made, so the next db-load-env ${values.NAME} copies`;
    if (signal.aborted && signal.reason instanceof CancelledError)
      throw new CancelledError(`${messageOf(error)}\n${without}`, signal.reason.signal);
    terminal.warn(`${without}: ${messageOf(error)}`);
  }
}
