import type { Client, DatabaseError } from 'pg';
import {
  EMPTIED,
  FORGET_SUBSCRIPTION,
  HELD,
  HIDE_SUBSCRIPTION,
  HOLD_DATABASE,
  LET_DATABASE_GO,
  LYING,
  STATE,
  UNCOVERED,
  coverStatement,
  exceptIn,
  standing,
} from './wall-statements.ts';

/** What stands of the wall in a database. */
export interface Wall {
  /** Whether the server refuses to drop the database. */
  readonly database: boolean;
  /** Whether schemas, tables and columns are kept from being dropped. */
  readonly schemas: boolean;
  /** Patterns of the tables that it leaves out, `stg.*`; undefined where nothing stands of it. */
  readonly except: readonly string[] | undefined;
  /** Whether anything of that is there, perhaps of another version or switched off. */
  readonly made: boolean;
  /** Whether our role is a superuser: nobody else may make event triggers. */
  readonly superuser: boolean;
  /** Tables of the database. */
  readonly tables: number;
  /** Those of them that TRUNCATE and DELETE can still empty. */
  readonly uncovered: readonly string[];
}

/** Whether nothing of the wall is missing that this role could put up. */
export const stands = ({
  database,
  schemas,
  uncovered,
}: Pick<Wall, 'database' | 'schemas' | 'uncovered'>): boolean =>
  database && schemas && uncovered.length === 0;

/** @param client of the database */
export async function readWall(client: Client): Promise<Wall> {
  const { rows } = await client.query<
    Pick<Wall, 'database' | 'made' | 'superuser' | 'tables'> & { events: boolean; comment: string | null }
  >(STATE);
  const { events, comment, ...found } = rows[0]!;
  const except = exceptIn(comment);
  const schemas = events && except !== undefined && comment === standing(except).comment;
  const { rows: uncovered } = await client.query<{ name: string }>(UNCOVERED);
  return { ...found, schemas, except, uncovered: uncovered.map(({ name }) => name) };
}

/** Whether the server refuses to drop the database of that name, for the sake of a wall. @param client of any database */
export async function readHeld(client: Client, name: string): Promise<boolean> {
  const { rows } = await client.query<{ held: boolean }>(HELD, [name]);
  return rows[0]!.held;
}

/** Tables that somebody seems to empty again and again: `stg.raw`. */
export async function readEmptied(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(EMPTIED);
  return rows.map(({ name }) => name);
}

/** Why a part could not be put up: of a part's name, the server's words. What the role may not do is not in it. */
export type Missing = Readonly<Partial<Record<'database' | 'schemas' | 'tables', string>>>;

/** insufficient_privilege, lock_not_available: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const NOT_ALLOWED = '42501';
const BUSY = '55P03';

/** Milliseconds that a table is waited for: whoever comes after us waits as long. */
const PATIENCE = 300;

/**
 * Makes the wall what it should be: puts up what is missing of it, and leaves out `except`, whatever it left out before. What
 * the role may not do, or what a busy table delays, is left out.
 *
 * @param client of the database
 * @param except patterns of tables that are not kept, `stg.*`
 */
export async function putUpWall(client: Client, except: readonly string[], is?: Wall): Promise<Missing> {
  const { superuser, ...found } = is ?? (await readWall(client));
  const asWanted = found.schemas && JSON.stringify(found.except) === JSON.stringify(except);
  if (asWanted && stands(found)) return {};
  const missing: { -readonly [Part in keyof Missing]: string } = {};
  if (!found.database) {
    const hide = superuser ? [FORGET_SUBSCRIPTION, HIDE_SUBSCRIPTION] : [];
    const why = await refused(client, HOLD_DATABASE, ...hide);
    if (why !== undefined) missing.database = why;
  }
  if (!superuser) return missing;
  if (!asWanted) {
    const why = await refused(client, ...standing(except).statements);
    if (why !== undefined) return { ...missing, schemas: why };
  }
  const { rows } = await client.query<{ oid: string; name: string }>(UNCOVERED);
  const left: string[] = [];
  for (const { oid, name } of rows) {
    const why = await refused(client, coverStatement(oid));
    if (why !== undefined) left.push(`${name}: ${why}`);
  }
  return left.length === 0 ? missing : { ...missing, tables: left.join('; ') };
}

/** Takes the wall down. @throws an error of pg if a table is busy: then all of it stands */
export async function takeDownWall(client: Client): Promise<void> {
  const { rows } = await client.query<{ superuser: boolean; made: boolean; database: boolean }>(STATE);
  const { superuser, made, database } = rows[0]!;
  await transaction(
    client,
    ...(made ? LYING : []),
    ...(database ? [LET_DATABASE_GO] : []),
    ...(superuser ? [FORGET_SUBSCRIPTION] : []),
  );
}

/** Runs statements in one transaction. @returns why the server refused them, unless our role may not do that */
async function refused(client: Client, ...statements: string[]): Promise<string | undefined> {
  try {
    await transaction(client, ...statements);
    return undefined;
  } catch (error) {
    const { code, message } = error as DatabaseError;
    if (code === undefined) throw error;
    if (code === NOT_ALLOWED) return undefined;
    return code === BUSY ? 'busy' : message;
  }
}

async function transaction(client: Client, ...statements: string[]): Promise<void> {
  try {
    await client.query(
      ['BEGIN', `SET LOCAL lock_timeout = ${PATIENCE}`, ...statements, 'COMMIT'].join(';\n'),
    );
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  }
}
