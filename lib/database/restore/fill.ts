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
import { undumpedRights, type HomeBackup } from './home.ts';
import { makeJudge } from './judge.ts';
import type { LeftOut } from './left-out.ts';
import { hangingOn } from '../../dump/read/links.ts';
import { OUR_SETTINGS, Warnings, endSessionsOf, setAsFor, withSessions } from './sessions.ts';
import type { FillRun } from './restore-run.ts';

/** A database needs more space than its dump: it also has indexes, and a header for each row. */
export const GROWTH = 2;

/** The result of a restore. */
export interface Filled {
  readonly found: Found;
  readonly revisions: readonly string[];
  /** Statements that were not run, or failed without a loss. */
  readonly leftOut: readonly LeftOut[];
  /** Extensions that can only be created when the database has its final name. */
  readonly later: Made['later'];
}

/** What the functions below share. */
interface Course {
  readonly run: FillRun;
  readonly dump: Dump;
  readonly home: HomeBackup | undefined;
  readonly staging: string;
  readonly keeper: Keeper;
  /** Of the maintenance database. */
  readonly client: Client;
}

/** CONNECTION LIMIT of the cage: only our own sessions. Code of the file cannot open another one. */
const sessionsFor = ({ values }: FillRun, { kind }: Dump): number => (kind === 'plain' ? 1 : values.JOBS);

/**
 * Fills the staging database from the file, as a role that exists only for this restore.
 *
 * @param staging name of the staging database
 * @param client of the maintenance database
 * @param home set if the dump is a backup of this environment: then the dump's owners and privileges apply
 * @returns undefined in a dry run
 */
export async function fill(
  run: FillRun,
  dump: Dump,
  staging: string,
  client: Client,
  home?: HomeBackup,
): Promise<Filled | undefined> {
  const { actor, terminal } = run;
  const program =
    dump.kind === 'plain'
      ? 'psql -v ON_ERROR_STOP=1'
      : `pg_restore --exit-on-error${home ? '' : ' --no-owner --no-acl'}`;
  const command = `${program} -d ${quoteName(staging)} < ${dump.name}`;
  const uncaged = isAllowed(run, 'uncaged');
  return actor.act(
    uncaged ? command : `${command}  # as a role of its own, for this database only`,
    async () => {
      const course = { run, dump, home, staging, client, keeper: await readKeeper(client) };
      const filled = uncaged ? await fillAs(course, undefined) : await inCage(course);
      terminal.clear();
      return filled;
    },
  );
}

/** The role is dropped even if the restore fails. If the server is gone too, the next run drops it. */
async function inCage(course: Course): Promise<Filled> {
  const { run, dump, staging, keeper, client } = course;
  const { stack } = run;
  const cage = await makeCage(client, keeper, {
    ...{ of: stack.database.name, into: staging, sessions: sessionsFor(run, dump) },
    temporary: Math.max(dump.contents * GROWTH, LEAST_TEMPORARY),
  });
  let filled: Filled;
  try {
    filled = await fillAs(course, cage);
  } catch (error) {
    await stack.withClient(staging, (ours) => takeOver(ours, cage, undefined)).catch(() => {});
    await dropCage(client, staging, cage).catch(() => {});
    throw error;
  }
  await dropCage(client, staging, cage);
  return filled;
}

/** Bytes of temporary files that even a small dump may need. */
const LEAST_TEMPORARY = 1e9;

async function fillAs(course: Course, cage: Cage | undefined): Promise<Filled> {
  const { run, dump, home, staging, keeper, client: maintenance } = course;
  const { stack, terminal, signal } = run;
  const { made, schema } = await stack.withClient(staging, async (client) => ({
    schema: cage && (await givePublic(client, cage)),
    made: await makeBefore(client, dump, cage),
  }));
  const leftOut: LeftOut[] = [];
  const judge = makeJudge(maintenance, leftOut, run.values.STRICT);
  const cancel = (): void => void endSessionsOf(run, staging).catch(() => {});
  signal.addEventListener('abort', cancel, { once: true });
  let filled: Pick<Filled, 'found' | 'revisions'>;
  try {
    filled = await withOurs(course, cage, (ours) =>
      withSessions(run, staging, sessionsFor(run, dump), cage, async (clients) => {
        const warnings = new Warnings(clients);
        await setAsFor(clients, keeper, staging, dump);
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
  await stack.withClient(staging, async (client) => {
    await client.query(OUR_SETTINGS);
    // Before we become the owner: ANALYZE runs functions of indexes with the rights of the table's owner.
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

/** Only for a sealed backup, opens a session of ours for what the cage may not define. */
const withOurs = <T>(
  { run, home, staging }: Course,
  cage: Cage | undefined,
  work: (ours: Ours | undefined) => Promise<T>,
): Promise<T> =>
  home?.sealed
    ? run.stack.withClient(staging, (client) => work({ client, cage: cage?.user }))
    : work(undefined);

/** Runs the file's statements that only we may run, once everything else is there. */
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
      // Not every role may change the comment of plpgsql, which every database has, or create a subscription.
      if (one.errand.kind === 'owner' || run.values.STRICT) throw error;
      const isComment = one.errand.kind === 'comment on an extension';
      const why = isComment
        ? 'a comment, on what belongs to the server or is not here'
        : `a subscription, which ${keeper.user} may not make`;
      leftOut.push({ place: one.place, why });
    });
  }
}

/** Sets owners, privileges and tablespaces as in the dump, which is a backup of this environment. */
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

/** Reads what was restored, in a session from which all settings of the file are removed. */
async function lookAs(client: Client, dump: Dump): Promise<Pick<Filled, 'found' | 'revisions'>> {
  await client.query('ROLLBACK');
  await client.query('DISCARD ALL');
  await client.query(OUR_SETTINGS);
  const revisions = await readRevisions(client);
  await client.query('SET search_path = pg_catalog');
  return { found: await lookAtBrought(client, dump.name, dump.brings), revisions };
}
