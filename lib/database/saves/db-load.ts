import { RefusedError } from '../../errors.ts';
import type { Giving } from '../../parameters/parameter.ts';
import type { DestructiveRun } from '../../run/run.ts';
import { OtherDatabaseError } from '../asserted.ts';
import { readAttributes } from '../attributes.ts';
import { reportKept } from '../replace/kept.ts';
import { readMark } from '../replace/names.ts';
import { checkReplaceable } from '../replace/obstacles.ts';
import { replaceDatabase } from '../replace/swap.ts';
import { asFiles, choose, describeSaved, lookForSaved, type SavedCopy } from './saved.ts';
import { spareFor, tidySaves } from './spare.ts';

type LoadRun = DestructiveRun<Giving<{ NAME: string }>>;

/** The saved copy that was shown. No other database is loaded. */
let shown: SavedCopy | undefined;

/** Shows which copy will be loaded, before the countdown. @throws RefusedError if there is none of that name */
export async function checkLoad(run: LoadRun): Promise<void> {
  const one = choose(run, await lookForSaved(run));
  await checkReplaceable(run, { bytes: one.size });
  run.terminal.info(`to be loaded: ${describeSaved(one)}`);
  shown = one;
}

/**
 * `db-load-env`: exchanges the database for a copy of a saved one. The saved one stays, and the present one is kept, on
 * every environment.
 */
export async function loadSaved(run: LoadRun): Promise<void> {
  const { stack, environment, terminal, actor, values, command } = run;
  const { name } = stack.database;
  const one = shown;
  if (!one) throw new RefusedError('nothing was shown that could be loaded');
  const ready = spareFor(one);
  const version = ready ? 0 : await serverVersion(run);
  const { name: saved, oid, comment } = one;
  const { kept } = await replaceDatabase(run, {
    what: 'load',
    keeps: true,
    ready,
    copied: {
      ...{ name: saved, oid, comment, systemIdentifier: run.identity?.systemIdentifier ?? null },
      asFiles: asFiles(one.size, version),
    },
    attributes: async (client) => {
      const attributes = await readAttributes(client, saved);
      if (attributes?.oid !== oid)
        throw new OtherDatabaseError(`${saved} is not the copy that was shown; nothing was changed`, {
          hint: command('db-saves-env', { ENV: environment.name }),
        });
      return {
        ...attributes,
        comment: readMark(attributes.comment).comment,
        isTemplate: one.mark.template === true,
      };
    },
  });
  if (actor.dryRun) return;
  terminal.ok(`${environment.name}: database ${name} is what was saved as ${values.NAME}`);
  if (kept !== undefined) reportKept(run, kept);
  await tidySaves(run, { what: 'load', since: new Date() });
}

const serverVersion = ({ stack }: LoadRun): Promise<number> =>
  stack.withClient(stack.database.name, async (client) => {
    const { rows } = await client.query<{ version: number }>(
      `SELECT pg_catalog.current_setting('server_version_num')::int AS version`,
    );
    return rows[0]!.version;
  });
