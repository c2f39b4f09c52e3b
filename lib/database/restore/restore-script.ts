import type { EventEmitter } from 'node:events';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Client } from 'pg';
import { from } from 'pg-copy-streams';
import { restoreFailure, serverMessage } from './restore-failure.ts';
import type { Statement } from '../../sql/lexer.ts';
import { readScript } from '../../sql/script-reader.ts';
import { NOTHING_MADE, type Filling, type Made } from './filling.ts';
import { errandOf, schemaMadeBy } from '../../dump/read/forms.ts';
import { headOf, mayBeHarmless } from './harmless.ts';
import { isAboutDatabase, isAboutRoles } from '../../dump/read/statements.ts';

/**
 * Runs a script of any size, data of `COPY … FROM stdin` included, and stops at the first error.
 *
 * @param isDump whether it is one of pg_dump's: then owners and privileges are left out
 * @param filling what is there already, and who says whether a failure matters
 * @throws FailedError naming the line and what the server said
 */
export async function restoreScript(
  client: Client,
  source: Readable,
  isDump: boolean,
  { made = NOTHING_MADE, judge }: Pick<Filling, 'made' | 'judge'>,
): Promise<void> {
  let line = 0;
  const open = openTransaction(client);
  // What is not SQL was refused when the script was read for the first time, but for what guards pg_dump's own text.
  for await (const { statement, data } of readScript(source, {
    onCommand: () => {},
    anyEncoding: () => true,
  })) {
    const { sql } = statement;
    line = statement.line;
    if ((isDump && isLeftOutOfDumps(statement)) || isOurs(statement, made, isDump)) continue;
    const place = `line ${line}`;
    if (data) {
      await pipeline(data, client.query(from(sql))).catch((error: unknown) => {
        throw restoreFailure(place, serverMessage(error), sql, error);
      });
      continue;
    }
    // In a transaction of the file's, all that follows would fail as well.
    const isRisky = open() && mayBeHarmless(sql);
    if (isRisky) await client.query(`SAVEPOINT ${OURS}`);
    try {
      await client.query(sql);
      if (isRisky) await client.query(`RELEASE SAVEPOINT ${OURS}`);
    } catch (error) {
      await judge({ place, sql, error });
      if (isRisky) await client.query(`ROLLBACK TO SAVEPOINT ${OURS}; RELEASE SAVEPOINT ${OURS}`);
      else if (open()) throw restoreFailure(place, serverMessage(error), sql, error);
    }
  }
  if (open())
    throw restoreFailure(
      `line ${line}, its end`,
      'a transaction that it began is open: nothing of it would be there (COMMIT is missing)',
    );
}

/** Of ours, among those that the file may set. */
const OURS = 'makesafe_before_statement';

/** @returns what says whether a transaction is open, as the server said last */
export function openTransaction(client: Client): () => boolean {
  let open = false;
  const { connection } = client as unknown as { connection: EventEmitter };
  connection.on('readyForQuery', ({ status }: { status: string }) => (open = status !== 'I'));
  return () => open;
}

/** What makesafe does itself, before or after. */
function isOurs(statement: Statement, made: Made, isDump: boolean): boolean {
  const errand = errandOf(statement);
  // Of a script that is trusted with more it is what it says.
  if (errand?.kind === 'subscription') return isDump;
  if (errand) return errand.kind !== 'extension' || made.extensions.has(errand.name);
  const schema = schemaMadeBy(statement);
  return schema !== undefined && made.schemas.has(schema);
}

/** Schema public of a new database is as empty as the one that `--clean` makes, and everybody may use it. */
const DROPS_PUBLIC = /^\s*DROP\s+SCHEMA\s+(?:IF\s+EXISTS\s+)?"?public"?\s*(?:CASCADE|RESTRICT)?\s*;?\s*$/i;

const isLeftOutOfDumps = (statement: Statement): boolean =>
  isAboutRoles(statement) ||
  isAboutDatabase(statement) ||
  (statement.words[0] === 'DROP' && DROPS_PUBLIC.test(headOf(statement.sql)));

/** The INSERT statements of a table whose data were not dumped as COPY. */
export async function restoreStatements(client: Client, source: Readable): Promise<void> {
  for await (const { statement } of readScript(source, { onCommand: () => {}, anyEncoding: () => true }))
    await client.query(statement.sql);
}
