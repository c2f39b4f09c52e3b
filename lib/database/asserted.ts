import type { Client, DatabaseError } from 'pg';
import type { Actor } from '../output/actor.ts';
import { RefusedError } from '../errors.ts';

/** A database as it must be in a transaction of ours. */
export interface Known {
  /** Its name at that moment. */
  readonly name: string;
  readonly oid: string;
  /** Of the server's data directory; null where the role may not read it. */
  readonly systemIdentifier: string | null;
  /** All of its comment, the marker among it; left out where it does not matter. */
  readonly comment?: string | null;
}

/** Another database has the name by now. Nothing was changed in the transaction that found it. */
export class OtherDatabaseError extends RefusedError {}

interface Asserted {
  /** Before the first statement. */
  readonly before?: readonly Known[];
  /**
   * Behind the last one, which is what nobody can get between: what was renamed or altered is locked by then until the
   * transaction ends.
   */
  readonly after?: readonly Known[];
}

/**
 * Runs statements in one transaction, and only if they reach the databases that are known.
 *
 * @throws OtherDatabaseError when another one has a name; what the server says of a statement. Nothing is changed then
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

/** With whom databases are changed: a session beside them, and the server that it is on. */
export interface Hand {
  readonly client: Client;
  readonly actor: Actor;
  readonly systemIdentifier: string | null;
  /** Into a database of the same server. */
  readonly enter: <T>(database: string, work: (client: Client) => Promise<T>) => Promise<T>;
}

/** Changes databases that are known, through the actor; several statements are one transaction. */
export async function change(
  { client, actor }: Hand,
  asserted: Asserted,
  ...statements: string[]
): Promise<void> {
  const plan = statements.length > 1 ? ['BEGIN', ...statements, 'COMMIT'].join('; ') : statements[0]!;
  await actor.act(`${plan};`, () => assertedly(client, asserted, ...statements));
}

/** Looks for it outside of a transaction, for what cannot run in one. @throws OtherDatabaseError */
export const assertKnown = (client: Client, ...known: Known[]): Promise<void> =>
  assertedly(client, { after: known });

/** invalid_text_representation: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const NOT_A_BOOLEAN = '22P02';

/** Plain SQL has no other way to fail with words: a text that is no boolean. Works where there is no PL/pgSQL. */
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
