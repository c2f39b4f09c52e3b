import type { Client } from 'pg';
import type { Dump } from '../../dump/read/dump.ts';
import { Meter } from '../../output/meter.ts';
import { quoteName } from '../../sql/quote.ts';
import type { Made, Ours } from './filling.ts';
import { restore } from './restore-client.ts';
import { readRevisions } from '../revisions.ts';
import { applyRights, isOfEventTrigger, missingRolesOf, whyMissing, withoutMissing } from './apply-rights.ts';
import { lookAtBrought, type Found } from '../../dump/read/brings.ts';
import {
  dropCage,
  givePublic,
  makeCage,
  readKeeper,
  takeOver,
  type Cage,
  type Keeper,
} from '../replace/cage.ts';
import { isAllowed } from './consents.ts';
import { runErrands } from './errands.ts';
import { makeBefore } from './extensions.ts';
import { undumpedRights, type Home } from './home.ts';
import { makeJudge } from './judge.ts';
import type { LeftOut } from './left-out.ts';
import { hangingOn } from '../../dump/read/links.ts';
import { OUR_SETTINGS, Warnings, endSessionsOf, setAsFor, withSessions } from './sessions.ts';
import type { FillRun } from './restore-run.ts';

/** A database has indexes, which a dump has not, and keeps its rows with a head each. */
export const GROWTH = 2;

/** What a restore has brought. */
export interface Filled {
  readonly found: Found;
  readonly revisions: readonly string[];
  /** What was not run, or failed without a loss. */
  readonly leftOut: readonly LeftOut[];
  /** Extensions that wait for the database to have its name. */
  readonly later: Made['later'];
}

/** What a restore goes by, on its way through the functions below. */
interface Course {
  readonly run: FillRun;
  readonly dump: Dump;
  readonly home: Home | undefined;
  readonly aside: string;
  readonly keeper: Keeper;
  /** Beside the database. */
  readonly client: Client;
}

/** Sessions of the cage: those that fill, and nothing that could connect from within. */
const sessionsFor = ({ values }: FillRun, { kind }: Dump): number => (kind === 'directory' ? values.JOBS : 1);

/**
 * Fills the new database with what is in the file, as a role that exists for this.
 *
 * @param client beside it
 * @param home where the dump is one of this environment itself: then owners and privileges are those of the dump
 */
export async function fill(
  run: FillRun,
  dump: Dump,
  aside: string,
  client: Client,
  home?: Home,
): Promise<Filled | undefined> {
  const { actor, terminal } = run;
  const program =
    dump.kind === 'plain'
      ? 'psql -v ON_ERROR_STOP=1'
      : `pg_restore --exit-on-error${home ? '' : ' --no-owner --no-acl'}`;
  const command = `${program} -d ${quoteName(aside)} < ${dump.name}`;
  const uncaged = isAllowed(run, 'uncaged');
  return actor.act(
    uncaged ? command : `${command}  # as a role of its own, for this database only`,
    async () => {
      const course = { run, dump, home, aside, client, keeper: await readKeeper(client) };
      const filled = uncaged ? await fillAs(course, undefined) : await inCage(course);
      terminal.clear();
      return filled;
    },
  );
}

/** Whatever becomes of it, the role is gone afterwards; where the server is gone as well, the next run removes it. */
async function inCage(course: Course): Promise<Filled> {
  const { run, dump, aside, keeper, client } = course;
  const { stack } = run;
  const cage = await makeCage(client, keeper, {
    ...{ of: stack.database.name, into: aside, sessions: sessionsFor(run, dump) },
    temporary: Math.max(dump.contents * GROWTH, LEAST_TEMPORARY),
  });
  let filled: Filled;
  try {
    filled = await fillAs(course, cage);
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

async function fillAs(course: Course, cage: Cage | undefined): Promise<Filled> {
  const { run, dump, home, aside, keeper, client: beside } = course;
  const { stack, terminal, signal } = run;
  const { made, schema } = await stack.withClient(aside, async (client) => ({
    schema: cage && (await givePublic(client, cage)),
    made: await makeBefore(client, dump, cage),
  }));
  const leftOut: LeftOut[] = [];
  const judge = makeJudge(beside, leftOut, run.values.STRICT);
  const cancel = (): void => void endSessionsOf(run, aside).catch(() => {});
  signal.addEventListener('abort', cancel, { once: true });
  let filled: Pick<Filled, 'found' | 'revisions'>;
  try {
    filled = await withOurs(course, cage, (ours) =>
      withSessions(run, aside, sessionsFor(run, dump), cage, async (clients) => {
        const warnings = new Warnings(clients);
        await setAsFor(clients, keeper, aside, dump);
        const meter = new Meter(terminal, 'restoring', dump.size);
        await restore(clients, dump, meter, { made, judge, ours }, stack.toText);
        warnings.report(terminal);
        signal.throwIfAborted();
        return lookAs(clients[0]!, dump);
      }),
    );
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
    await runLater(client, course, leftOut);
    if (home) leftOut.push(...(await bringHome(client, course, made.later)));
    if (!home?.sealed)
      for (const name of made.later)
        leftOut.push({
          place: `EXTENSION ${name}`,
          why: 'what is in its tables is for the database that it was taken of',
        });
  });
  return { ...filled, leftOut, later: made.later };
}

/** Where it is proven to be at home, a session of ours is there for what the cage may not define. */
const withOurs = <T>(
  { run, home, aside }: Course,
  cage: Cage | undefined,
  work: (ours: Ours | undefined) => Promise<T>,
): Promise<T> =>
  home?.sealed
    ? run.stack.withClient(aside, (client) => work({ client, cage: cage?.user }))
    : work(undefined);

/** What the file says and only we may do, once all of it is there. */
async function runLater(client: Client, { run, dump, keeper }: Course, leftOut: LeftOut[]): Promise<void> {
  const wanted = dump.errands.filter(({ errand }) =>
    errand.kind === 'owner'
      ? errand.role !== keeper.user && dump.tables === undefined
      : errand.kind === 'comment on an extension' || errand.kind === 'subscription',
  );
  const missing = await missingRolesOf(client);
  for (const one of wanted) {
    const absent = one.errand.kind === 'owner' ? missing(one.errand.sql) : [];
    if (absent.length > 0) {
      leftOut.push({ place: one.place, why: `${whyMissing(absent)}: it belongs to ${keeper.user}` });
      continue;
    }
    await runErrands(client, [one]).catch((error: unknown) => {
      // That of plpgsql, which every server has, is not for everybody to change; nor is replication.
      if (one.errand.kind === 'owner' || run.values.STRICT) throw error;
      const isComment = one.errand.kind === 'comment on an extension';
      const why = isComment
        ? 'a comment, on what belongs to the server or is not here'
        : `a subscription, which ${keeper.user} may not make`;
      leftOut.push({ place: one.place, why });
    });
  }
}

/** Owners, privileges and places of storage as they were, where the dump is one of this environment itself. */
async function bringHome(
  client: Client,
  { dump, home }: Course,
  later: Made['later'],
): Promise<readonly LeftOut[]> {
  await client.query('SET search_path = pg_catalog');
  const waiting = hangingOn(dump.links, later);
  const now = [...dump.rights, ...undumpedRights(home!)].filter(
    ({ kind, needs, place }) =>
      kind !== 'database' && !needs.some((one) => waiting.has(one)) && !isOfEventTrigger(place),
  );
  const { possible, leftOut } = withoutMissing(now, await missingRolesOf(client));
  leftOut.push(...(await applyRights(client, possible)));
  for (const what of home!.without) await client.query(`DROP ${what}`);
  return leftOut;
}

/** What is there, with a session in which nothing is left of the file's own settings. */
async function lookAs(client: Client, dump: Dump): Promise<Pick<Filled, 'found' | 'revisions'>> {
  await client.query('ROLLBACK');
  await client.query('DISCARD ALL');
  await client.query(OUR_SETTINGS);
  const revisions = await readRevisions(client);
  await client.query('SET search_path = pg_catalog');
  return { found: await lookAtBrought(client, dump.name, dump.brings), revisions };
}
