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
 * Runs a script of any size, with the data of `COPY … FROM stdin`, and stops at the first error that matters.
 *
 * @param isDump whether pg_dump wrote it: then owners and privileges are left out
 * @param filling what already exists, and who decides whether a failure matters
 * @throws FailedError with the line and the server's message
 */
export async function restoreScript(
  client: Client,
  source: Readable,
  isDump: boolean,
  { made = NOTHING_MADE, judge }: Pick<Filling, 'made' | 'judge'>,
): Promise<void> {
  let line = 0;
  const open = openTransaction(client);
  // The preflight has already refused psql commands, except \restrict and \unrestrict of pg_dump.
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
    // Inside a transaction of the file, a harmless failure would make all later statements fail.
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

/** The name of our savepoints; the file may have its own. */
const OURS = 'makesafe_before_statement';

/** @returns a function that tells whether a transaction is open, by the server's last ReadyForQuery message */
export function openTransaction(client: Client): () => boolean {
  let open = false;
  const { connection } = client as unknown as { connection: EventEmitter };
  connection.on('readyForQuery', ({ status }: { status: string }) => (open = status !== 'I'));
  return () => open;
}

/** Whether makesafe itself does this, before or after the file. */
function isOurs(statement: Statement, made: Made, isDump: boolean): boolean {
  const errand = errandOf(statement);
  // In a script that is not a dump, CREATE SUBSCRIPTION runs as it is written.
  if (errand?.kind === 'subscription') return isDump;
  if (errand) return errand.kind !== 'extension' || made.extensions.has(errand.name);
  const schema = schemaMadeBy(statement);
  return schema !== undefined && made.schemas.has(schema);
}

/**
 * pg_dump --clean drops schema public. We keep the one of the new database: it is just as empty, and everybody may use
 * it.
 */
const DROPS_PUBLIC = /^\s*DROP\s+SCHEMA\s+(?:IF\s+EXISTS\s+)?"?public"?\s*(?:CASCADE|RESTRICT)?\s*;?\s*$/i;

const isLeftOutOfDumps = (statement: Statement): boolean =>
  isAboutRoles(statement) ||
  isAboutDatabase(statement) ||
  (statement.words[0] === 'DROP' && DROPS_PUBLIC.test(headOf(statement.sql)));

/** Runs the INSERT statements of a table whose data were not dumped as COPY. */
export async function restoreStatements(client: Client, source: Readable): Promise<void> {
  for await (const { statement } of readScript(source, { onCommand: () => {}, anyEncoding: () => true }))
    await client.query(statement.sql);
}
