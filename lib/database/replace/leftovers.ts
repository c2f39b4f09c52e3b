import type { Client } from 'pg';
import { RefusedError } from '../../errors.ts';
import {
  CREATED_BY_US,
  INVALID,
  formerName,
  goneName,
  isGoneName,
  keptName,
  madeName,
  newName,
  nowCalled,
  readMark,
  saveName,
  spareName,
  type Mark,
} from './names.ts';
import { assertKnown, assertedly, change, type Hand, type Known } from '../asserted.ts';
import { dropSubscriptions, rollBackPrepared } from '../subscriptions.ts';
import { endSessions } from '../maintenance.ts';
import { quoteName } from '../../sql/quote.ts';
import { commentStatement } from '../marker.ts';

/** A database, as pg_database describes it. */
export interface DatabaseRow {
  readonly oid: string;
  readonly name: string;
  readonly open: boolean;
  readonly connectionLimit: number;
  readonly isTemplate: boolean;
  readonly comment: string | null;
}

export interface Marked extends DatabaseRow {
  readonly mark: Mark;
}

/** The databases that belong to a replacement of one database, and what a killed run left of it. */
export interface Leftovers {
  readonly present: DatabaseRow | undefined;
  /** The database itself, if a run closed it and was killed. */
  readonly closed: Marked | undefined;
  /** The unfinished staging database. It has no mark if the run was killed before it wrote the mark. */
  readonly unfinished: (DatabaseRow & { readonly mark: Mark | undefined }) | undefined;
  /** The old database after the swap, which should have been dropped. */
  readonly former: Marked | undefined;
  /** Old databases that are kept on purpose, the latest first. */
  readonly kept: readonly Marked[];
  /** Copies that a person has saved, the latest first. */
  readonly saved: readonly Marked[];
  /** Second copies of saved ones. */
  readonly spares: readonly Marked[];
  /** What rebuilds have made, the latest first. */
  readonly made: readonly Marked[];
  /** Databases of somebody else with a name that a replacement needs. */
  readonly foreign: readonly DatabaseRow[];
}

const READ = `
  SELECT oid::text, datname AS name, datallowconn AS open, datconnlimit AS "connectionLimit",
         datistemplate AS "isTemplate", shobj_description(oid, 'pg_database') AS comment
  FROM pg_database`;

/** Finds them in the catalog. @param client of any database of the server */
export async function findLeftovers(client: Client, name: string): Promise<Leftovers> {
  return recognise(name, await readDatabases(client));
}

export const readDatabases = async (client: Client): Promise<DatabaseRow[]> =>
  (await client.query<DatabaseRow>(READ)).rows;

/**
 * Distinguishes our databases from others, by mark and name together: a mark can be copied, and anybody can choose the
 * name.
 */
export function recognise(name: string, rows: readonly DatabaseRow[]): Leftovers {
  const marked = rows.flatMap((row): Marked[] => {
    const { mark } = readMark(row.comment);
    return mark?.of === name ? [{ ...row, mark }] : [];
  });
  const ours = (kind: Mark['kind'], named: (mark: Mark) => string): Marked[] =>
    marked.filter((row) => row.mark.kind === kind && (row.name === named(row.mark) || isGoneName(row.name)));
  const made = ours('new', () => newName(name))[0];
  const former = ours('former', () => formerName(name))[0];
  const latestFirst = (a: Marked, b: Marked): number => b.mark.since.localeCompare(a.mark.since);
  const unmarked = rows.find((row) => row.name === newName(name) && !row.open && isUnmarkedOfOurs(row));
  const unfinished = made ?? (unmarked && { ...unmarked, mark: undefined });
  const reserved = [newName(name), formerName(name)];
  return {
    present: rows.find((row) => row.name === name),
    closed: ours('closed', () => name).find((row) => !row.open),
    unfinished,
    former,
    kept: ours('kept', ({ since }) => keptName(name, new Date(since))).sort(latestFirst),
    saved: ours('saved', ({ label = '' }) => saveName(name, label)).sort(latestFirst),
    spares: ours('spare', ({ label = '' }) => spareName(name, label)),
    made: ours('made', (mark) => madeName(name, mark)).sort(latestFirst),
    foreign: rows.filter(
      (row) => reserved.includes(row.name) && row.oid !== unfinished?.oid && row.oid !== former?.oid,
    ),
  };
}

/** Created by a run that was killed before it wrote the mark, or left by an interrupted DROP. */
const isUnmarkedOfOurs = ({ connectionLimit, comment }: DatabaseRow): boolean =>
  comment === null && (connectionLimit === CREATED_BY_US || connectionLimit === INVALID);

/** What was found, one sentence each, for the person whose last run was killed. */
export function describeLeftovers(name: string, { closed, unfinished, former }: Leftovers): string[] {
  const when = (mark: Mark | undefined): string =>
    mark ? `a ${mark.what} of ${localTime(mark.since)}` : 'a run';
  const before = closed ?? unfinished;
  return [
    ...(before
      ? [
          `${when(closed?.mark ?? unfinished?.mark)} was interrupted before the swap: the old database ${name} is in place` +
            (closed ? ', closed to applications' : ' and in use'),
        ]
      : []),
    ...(former
      ? [
          `${when(former.mark)} was interrupted after the swap: the new database ${name} is in use, ` +
            `and the old one is still there as ${former.name}`,
        ]
      : []),
  ];
}

/** `14:03` for today, otherwise with the date; in the time zone of this machine. */
export function localTime(iso: string, now = new Date()): string {
  const pad = (part: number): string => String(part).padStart(2, '0');
  const date = (time: Date): string =>
    [time.getFullYear(), time.getMonth() + 1, time.getDate()].map(pad).join('-');
  const time = new Date(iso);
  const clock = `${pad(time.getHours())}:${pad(time.getMinutes())}`;
  return date(time) === date(now) ? clock : `${date(time)} ${clock}`;
}

/** @throws RefusedError if a database of somebody else has a name that a replacement needs */
export function refuseForeign({ foreign }: Leftovers): void {
  const [first] = foreign;
  if (!first) return;
  throw new RefusedError(`a database ${first.name} is in the way, and it is not makesafe's`, {
    hint: `rename it: ALTER DATABASE ${quoteName(first.name)} RENAME TO …`,
  });
}

/** A database as it was when somebody looked. */
type Looked = Pick<DatabaseRow, 'name' | 'oid' | 'comment'>;

/** The state that a row must still have when it is changed. */
const known = ({ name, oid, comment }: Looked, { systemIdentifier }: Hand): Known => ({
  ...{ name, oid, systemIdentifier, comment },
});

/** Opens the database again if a run has closed it. @param closed with its mark in the comment */
export async function reopen({ closed }: { readonly closed: Looked | undefined }, hand: Hand): Promise<void> {
  if (!closed) return;
  const { name } = closed;
  const { comment } = readMark(closed.comment);
  const open = `ALTER DATABASE ${quoteName(name)} ALLOW_CONNECTIONS true`;
  const asserted = { before: [known(closed, hand)], after: [{ ...known(closed, hand), comment }] };
  await change(hand, asserted, open, commentStatement(name, comment));
}

/** Drops what a killed run left. */
export async function removeLeftovers({ unfinished, former }: Leftovers, hand: Hand): Promise<void> {
  for (const row of [unfinished, former]) if (row) await drop(row, hand);
}

/**
 * Drops one of our databases and ends its sessions. A transaction first checks which database it is and gives it a name
 * that only this run knows; DROP DATABASE then uses that name. One risk remains: within the milliseconds between the
 * two, somebody reads that name from the catalog and gives it to another database.
 */
export async function drop(row: DatabaseRow, hand: Hand): Promise<void> {
  const { client, actor } = hand;
  const is = known(row, hand);
  // After an interrupted DROP only DROP works, and nobody can have data in the database.
  const isInvalid = row.connectionLimit === INVALID;
  if (!isInvalid && (row.isTemplate || row.open)) {
    const close = `ALTER DATABASE ${quoteName(row.name)} ALLOW_CONNECTIONS false IS_TEMPLATE false`;
    await change(hand, { before: [is], after: [is] }, close);
  }
  await actor.act(`${dropStatement(row.name)};`, async () => {
    let { name } = row;
    if (isInvalid || isGoneName(name)) await assertKnown(client, is);
    else {
      await endSessions(client, is, new AbortController().signal);
      name = goneName(row.name, new Date());
      const rename = `ALTER DATABASE ${quoteName(row.name)} RENAME TO ${quoteName(name)}`;
      // If the answer is lost, nobody knows which.
      nowCalled(row.name, `${row.name}, or ${name}`);
      await assertedly(client, { before: [is], after: [{ ...is, name }] }, rename);
      nowCalled(row.name, name);
    }
    if (!isInvalid) await emptyOfServer(hand, { ...is, name });
    await client.query(dropStatement(name));
    // The next one of the same name keeps it.
    nowCalled(row.name, row.name);
  });
}

/**
 * Removes what makes the server refuse DROP DATABASE: subscriptions and prepared transactions. Both can only be removed
 * from inside the database.
 */
async function emptyOfServer({ client, enter }: Hand, { name, oid }: Known): Promise<void> {
  const { rowCount } = await client.query(
    `SELECT FROM pg_subscription WHERE subdbid = $1 UNION ALL SELECT FROM pg_prepared_xacts WHERE database = $2`,
    [oid, name],
  );
  if (rowCount === 0) return;
  await client.query(`ALTER DATABASE ${quoteName(name)} ALLOW_CONNECTIONS true`);
  await enter(name, async (inside) => {
    await rollBackPrepared(inside);
    await dropSubscriptions(inside);
  });
  await client.query(`ALTER DATABASE ${quoteName(name)} ALLOW_CONNECTIONS false`);
}

export const dropStatement = (name: string): string => `DROP DATABASE ${quoteName(name)} WITH (FORCE)`;

/** The statements as one query, so that no network round trip is between them. */
export const inTransaction = (...statements: string[]): string =>
  ['BEGIN', ...statements, 'COMMIT'].join('; ');
