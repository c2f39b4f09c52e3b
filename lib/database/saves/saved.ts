import type { Client } from 'pg';
import { RefusedError } from '../../errors.ts';
import { byteSize } from '../../output/display.ts';
import type { Giving } from '../../parameters/parameter.ts';
import type { StackRun } from '../../run/run.ts';
import { maintenanceDatabase } from '../../stack/postgres/maintenance-database.ts';
import { findLeftovers, localTime, readDatabases, recognise, type Marked } from '../replace/leftovers.ts';
import { INVALID, readMark } from '../replace/names.ts';

/** A copy that a person has saved, or that a rebuild has made. */
export interface Saved extends Marked {
  /** Bytes on the server's disk. */
  readonly size: number;
  /** Whether somebody was connected to it since it was saved, or can be: then its contents may have changed. */
  readonly wasOpened: boolean;
}

/** pg_stat_database counts sessions since PostgreSQL 14. A crash of the server sets it to 0. */
const LOOK = `
  SELECT d.oid::text, pg_database_size(d.oid)::float8 AS size,
         datallowconn OR coalesce((to_jsonb(s)->>'sessions')::int8, 0) > 0 AS "wasOpened"
  FROM pg_database d LEFT JOIN pg_stat_database s ON datid = d.oid
  WHERE d.oid = ANY ($1::oid[]) AND datconnlimit <> ${INVALID}`;

/** A copy that a person has saved. */
export interface SavedCopy extends Saved {
  /** A second copy of the same database, which the next `db-load-env` only renames. */
  readonly spare: Saved | undefined;
}

/** The saved copies of the database `name`, the latest first. @param client of any database of the server */
export async function findSaved(client: Client, name: string): Promise<SavedCopy[]> {
  const { saved, spares } = await findLeftovers(client, name);
  const all = await withSizes(client, [...saved, ...spares]);
  return all
    .filter(({ mark }) => mark.kind === 'saved')
    .map((one) => ({
      ...one,
      spare: all.find(({ mark }) => mark.kind === 'spare' && mark.label === one.mark.label),
    }));
}

/** Bytes that saved copies take together, with their spares. */
export const sizeOfAll = (all: readonly SavedCopy[]): number =>
  all.reduce((sum, { size, spare }) => sum + size + (spare?.size ?? 0), 0);

/** What rebuilds of the database `name` have made, the latest first. @param client of any database of the server */
export const findMade = async (client: Client, name: string): Promise<Saved[]> =>
  withSizes(client, (await findLeftovers(client, name)).made);

/** What rebuilds in other checkouts of the repository have made, for databases of other names and of the same owner. */
export async function findMadeElsewhere(
  client: Client,
  name: string,
  repository: string | undefined,
): Promise<Saved[]> {
  if (repository === undefined) return [];
  const rows = await readDatabases(client);
  const names = new Set(rows.flatMap(({ comment }) => readMark(comment).mark?.of ?? []));
  names.delete(name);
  const made = [...names].flatMap((other) => recognise(other, rows).made);
  const { rows: ours } = await client.query<{ oid: string }>(
    'SELECT oid::text FROM pg_database WHERE datdba = (SELECT datdba FROM pg_database WHERE datname = $1)',
    [name],
  );
  const owned = new Set(ours.map(({ oid }) => oid));
  return withSizes(
    client,
    made.filter(({ oid, mark }) => mark.repository === repository && owned.has(oid)),
  );
}

async function withSizes(client: Client, found: readonly Marked[]): Promise<Saved[]> {
  const { rows } = await client.query<Pick<Saved, 'oid' | 'size' | 'wasOpened'>>(LOOK, [
    found.map(({ oid }) => oid),
  ]);
  return found.flatMap((one) => {
    const row = rows.find(({ oid }) => oid === one.oid);
    return row ? [{ ...one, ...row }] : [];
  });
}

/** The same, with a session of its own. */
export const lookForSaved = ({ stack }: StackRun): Promise<SavedCopy[]> =>
  stack.withClient(maintenanceDatabase(stack.database.name), (client) =>
    findSaved(client, stack.database.name),
  );

/** What persons have saved, and what rebuilds have made. */
export const lookForAll = ({ stack }: StackRun): Promise<{ saved: SavedCopy[]; made: Saved[] }> =>
  stack.withClient(maintenanceDatabase(stack.database.name), async (client) => ({
    saved: await findSaved(client, stack.database.name),
    made: await findMade(client, stack.database.name),
  }));

/** A run of a task that takes the name of a saved copy. */
export type SaveRun = StackRun<Giving<{ NAME: string }>>;

export const labelOf = ({ mark, name }: Marked): string => mark.label ?? name;

/** The saved copy that NAME selects. @throws RefusedError if there is none, naming those that there are */
export function choose({ values, environment, command }: SaveRun, all: readonly SavedCopy[]): SavedCopy {
  const found = all.find((one) => labelOf(one) === values.NAME);
  if (found) return found;
  const named = all.map(labelOf);
  throw new RefusedError(
    `${environment.name}: nothing is saved as ${values.NAME}`,
    named.length > 0
      ? { hint: `NAME=<one of ${named.join(', ')}>` }
      : { hint: command('db-save-env', { ENV: environment.name, NAME: values.NAME }) },
  );
}

/** `before-orders, saved 14:03, 12.1 MB, at 0012` */
export function describeSaved(one: Saved): string {
  const { mark, size, wasOpened } = one;
  const revisions = mark.revisions ?? [];
  return [
    `${labelOf(one)}, saved ${localTime(mark.since)}`,
    byteSize(size),
    revisions.length > 0 ? `at ${revisions.join(', ')}` : 'no revision',
    ...(wasOpened ? ['opened since then: it may have changed'] : []),
  ].join(', ');
}

/** Bytes from which CREATE DATABASE copies files: two checkpoints cost more than it saves in a smaller database. */
const AS_FILES = 256e6;

/** How CREATE DATABASE copies a database of this size. @param version of the server, as 170002; strategies exist since 15 */
export const asFiles = (size: number, version: number): boolean => version >= 150000 && size >= AS_FILES;
