import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Client } from 'pg';
import { from } from 'pg-copy-streams';
import { restoreFailure, serverMessage } from './restore-failure.ts';
import type { Statement } from './script.ts';
import { readScript } from './script-reader.ts';

/**
 * Runs a script of any size, data of `COPY … FROM stdin` included, and stops at the first error.
 *
 * @param isDump whether it is one of pg_dump's: then owners and privileges are left out
 * @throws FailedError naming the line and what the server said
 */
export async function restoreScript(client: Client, source: Readable, isDump: boolean): Promise<void> {
  await client.query(`SET default_transaction_read_only = off`);
  // What is not SQL was refused when the script was read for the first time, but for what guards pg_dump's own text.
  for await (const { statement, data } of readScript(source, { onCommand: () => {} })) {
    const { sql, line } = statement;
    if (isDump && isAboutRoles(statement)) continue;
    try {
      if (data) await pipeline(data, client.query(from(sql)));
      else await client.query(sql);
    } catch (error) {
      throw restoreFailure(`line ${line}`, serverMessage(error), sql, error);
    }
  }
}

/** Whether pg_restore --no-owner --no-acl would leave a statement of pg_dump's text out. */
export function isAboutRoles({ words, sql }: Pick<Statement, 'words' | 'sql'>): boolean {
  const [first, second, third] = words;
  if (first === 'GRANT' || first === 'REVOKE') return true;
  if (first === 'ALTER')
    return (
      (second === 'DEFAULT' && third === 'PRIVILEGES') ||
      / OWNER TO (?:"(?:[^"]|"")*"|[\w$\u0080-\uffff]+);$/.test(sql)
    );
  // For privileges that somebody else granted.
  return (first === 'SET' || first === 'RESET') && second === 'SESSION' && third === 'AUTHORIZATION';
}

/** The INSERT statements of a table whose data were not dumped as COPY. */
export async function restoreStatements(client: Client, source: Readable): Promise<void> {
  for await (const { statement } of readScript(source, { onCommand: () => {} }))
    await client.query(statement.sql);
}
