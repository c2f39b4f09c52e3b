import type { Client, DatabaseError } from 'pg';
import type { Actor } from '../output/actor.ts';
import { RefusedError } from '../errors.ts';

/** A database as a transaction of ours expects it to be. */
export interface Known {
  /** Its name at that moment: a transaction may rename it. */
  readonly name: string;
  readonly oid: string;
  /** Of the server (`pg_control_system()`); null if the role is not allowed to read it. */
  readonly systemIdentifier: string | null;
  /** The whole comment, with the marker in it. Left out: the comment is not compared. */
  readonly comment?: string | null;
}

/** The name now belongs to another database. The transaction was rolled back: nothing was changed. */
export class OtherDatabaseError extends RefusedError {}

interface Asserted {
  /** Compared before the first statement. */
  readonly before?: readonly Known[];
  /**
   * Compared after the last statement. This check has no race: PostgreSQL locks what the statements renamed or altered
   * until the transaction ends.
   */
  readonly after?: readonly Known[];
}

/**
 * Runs statements in one transaction, and commits only if the names belong to the expected databases.
 *
 * @throws OtherDatabaseError if a name belongs to another database. Errors of the statements are thrown as they are.
 * The transaction is rolled back in both cases
 */
export async function assertedly(
  client: Client,
  { before = [], after = [] }: Asserted,
  ...statements: string[]
): Promise<void> {
  await client.query(`SELECT set_config('makesafe.known', $1, false)`, [JSON.stringify({ before, after })]);
  const last = after.length > 0 ? [assertion('after', after)] : [];
  try {
    await client.query(['BEGIN', ...(before.length > 0 ? [assertion('before', before)] : [])].join('; '));
    await client.query([...statements, ...last, 'COMMIT'].join('; '));
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    const { code, message = '' } = error as Partial<DatabaseError>;
    const [, found] = message.match(/"makesafe: (.*)"$/s) ?? [];
    if (code !== NOT_A_BOOLEAN || found === undefined) throw error;
    throw new OtherDatabaseError(found, {
      cause: error,
      hint: 'see what happens there, then type this again',
    });
  }
}

/** What is needed to change databases: a session on the maintenance database, and the identifier of its server. */
export interface Hand {
  readonly client: Client;
  readonly actor: Actor;
  readonly systemIdentifier: string | null;
  /** Of the server; null if it does not tell. */
  readonly timeline: number | null;
  /** Runs `work` with a client of another database on the same server. */
  readonly enter: <T>(database: string, work: (client: Client) => Promise<T>) => Promise<T>;
}

/** Changes expected databases through the actor (so a dry run only prints). Several statements are one transaction. */
export async function change(
  { client, actor }: Hand,
  asserted: Asserted,
  ...statements: string[]
): Promise<void> {
  const plan = statements.length > 1 ? ['BEGIN', ...statements, 'COMMIT'].join('; ') : statements[0]!;
  await actor.act(`${plan};`, () => assertedly(client, asserted, ...statements));
}

/**
 * Checks outside of a transaction, before a statement that cannot run in one (DROP DATABASE).
 *
 * @throws OtherDatabaseError if a name belongs to another database
 */
export const assertKnown = (client: Client, ...known: Known[]): Promise<void> =>
  assertedly(client, { after: known });

/** invalid_text_representation: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const NOT_A_BOOLEAN = '22P02';

/**
 * Plain SQL has no RAISE: the cast of a text that is not a boolean fails, with that text in the message. PL/pgSQL could
 * raise an error, but may not be installed.
 */
function assertion(when: keyof Asserted, known: readonly Known[]): string {
  const system = known.some(({ systemIdentifier }) => systemIdentifier !== null)
    ? `AND (SELECT system_identifier::text FROM pg_control_system()) = known->>'systemIdentifier'`
    : '';
  return `SELECT coalesce((
    SELECT 'makesafe: ' || string_agg(format('database %s is another one than was shown; nothing was changed in it',
      known->>'name'), ', ')
    FROM json_array_elements(current_setting('makesafe.known')::json->'${when}') AS known
    WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = known->>'name' AND oid::text = known->>'oid' ${system}
      AND (known->'comment' IS NULL OR shobj_description(oid, 'pg_database') IS NOT DISTINCT FROM known->>'comment'))),
    'true')::bool`;
}
