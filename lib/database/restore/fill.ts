import type { Client } from 'pg';
import { messageOf } from '../../errors.ts';
import type { DestructiveRun, StackRun } from '../../task.ts';
import type { Dump } from '../dump.ts';
import { Meter } from '../meter.ts';
import { quoteName } from '../quote.ts';
import { restore } from '../restore-client.ts';
import { readRevisions } from '../revisions.ts';
import { lookAtBrought, type Found } from './brings.ts';
import { dropCage, givePublic, makeCage, readKeeper, takeOver, type Cage, type Keeper } from './cage.ts';
import { isAllowed } from './consents.ts';
import { runErrands } from './errands.ts';
import { makeBefore } from './extensions.ts';
import { OUR_SETTINGS, Warnings, endSessionsOf, setAsFor, withSessions } from './sessions.ts';

/** A database has indexes, which a dump has not, and keeps its rows with a head each. */
export const GROWTH = 2;

/** What a restore has brought. */
export interface Filled {
  readonly found: Found;
  readonly revisions: readonly string[];
}

/** Sessions of the cage: those that fill, and nothing that could connect from within. */
const sessionsFor = ({ values }: StackRun, { kind }: Dump): number =>
  kind === 'directory' ? ((values['JOBS'] as number | undefined) ?? 1) : 1;

/** Fills the new database with what is in the file, as a role that exists for this. */
export async function fill(
  run: DestructiveRun,
  dump: Dump,
  aside: string,
  client: Client,
): Promise<Filled | undefined> {
  const { actor, terminal } = run;
  const program =
    dump.kind === 'plain' ? 'psql -v ON_ERROR_STOP=1' : 'pg_restore --exit-on-error --no-owner --no-acl';
  const command = `${program} -d ${quoteName(aside)} < ${dump.name}`;
  const uncaged = isAllowed(run, 'uncaged');
  return actor.act(
    uncaged ? command : `${command}  # as a role of its own, for this database only`,
    async () => {
      const keeper = await readKeeper(client);
      const filled = uncaged
        ? await fillAs(run, dump, aside, keeper, undefined)
        : await inCage(run, dump, aside, keeper, client);
      terminal.clear();
      return filled;
    },
  );
}

/** Whatever becomes of it, the role is gone afterwards; where the server is gone as well, the next run removes it. */
async function inCage(
  run: DestructiveRun,
  dump: Dump,
  aside: string,
  keeper: Keeper,
  client: Client,
): Promise<Filled> {
  const { stack } = run;
  const cage = await makeCage(client, keeper, {
    ...{ of: stack.database.name, into: aside, sessions: sessionsFor(run, dump) },
    temporary: Math.max(dump.contents * GROWTH, LEAST_TEMPORARY),
  });
  let filled: Filled;
  try {
    filled = await fillAs(run, dump, aside, keeper, cage);
  } catch (error) {
    await stack.withClient(aside, (ours) => takeOver(ours, cage, undefined)).catch(() => {});
    await dropCage(client, aside, cage).catch(() => {});
    throw error;
  }
  await dropCage(client, aside, cage);
  return filled;
}

/** Bytes of temporary files that a small dump may need as well. */
const LEAST_TEMPORARY = 1e9;

async function fillAs(
  run: DestructiveRun,
  dump: Dump,
  aside: string,
  keeper: Keeper,
  cage: Cage | undefined,
): Promise<Filled> {
  const { stack, terminal, signal } = run;
  const { made, schema } = await stack.withClient(aside, async (client) => ({
    schema: cage && (await givePublic(client, cage)),
    made: await makeBefore(client, dump, cage),
  }));
  const cancel = (): void => void endSessionsOf(run, aside).catch(() => {});
  signal.addEventListener('abort', cancel, { once: true });
  let filled: Filled;
  try {
    filled = await withSessions(run, aside, sessionsFor(run, dump), cage, async (clients) => {
      const warnings = new Warnings(clients);
      await setAsFor(clients, keeper, aside, dump);
      await restore(clients, dump, new Meter(terminal, 'restoring', dump.size), made, stack.toText);
      warnings.report(terminal);
      signal.throwIfAborted();
      return lookAs(clients[0]!, dump);
    });
  } finally {
    signal.removeEventListener('abort', cancel);
  }
  signal.throwIfAborted();
  await stack.withClient(aside, async (client) => {
    await client.query(OUR_SETTINGS);
    // Before it belongs to us: it runs the functions of indexes as their tables' owner.
    await client.query('ANALYZE');
    if (cage) await takeOver(client, cage, schema);
    await client.query('SET search_path = public');
    const later = dump.errands.filter(({ errand }) =>
      errand.kind === 'owner'
        ? errand.role !== keeper.user && dump.tables === undefined
        : errand.kind === 'comment on an extension',
    );
    for (const one of later)
      await runErrands(client, [one]).catch((error: unknown) => {
        // That of plpgsql, which every server has, is not for everybody to change.
        if (one.errand.kind === 'owner') throw error;
        terminal.warn(`${one.place} is left out: ${messageOf(error)}`);
      });
  });
  return filled;
}

/** What is there, with a session in which nothing is left of the file's own settings. */
async function lookAs(client: Client, dump: Dump): Promise<Filled> {
  await client.query('ROLLBACK');
  await client.query('DISCARD ALL');
  await client.query(OUR_SETTINGS);
  const revisions = await readRevisions(client);
  await client.query('SET search_path = pg_catalog');
  return { found: await lookAtBrought(client, dump.name, dump.brings), revisions };
}
