import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Client } from 'pg';
import { from } from 'pg-copy-streams';
import { restoreFailure, serverMessage } from './restore-failure.ts';
import { readScript } from './script-reader.ts';

/**
 * Runs a script of any size, data of `COPY … FROM stdin` included, and stops at the first error.
 *
 * @throws FailedError naming the line and what the server said
 */
export async function restoreScript(client: Client, source: Readable): Promise<void> {
  await client.query(`SET default_transaction_read_only = off`);
  // What is not SQL was refused when the script was read for the first time, but for what guards pg_dump's own text.
  for await (const { statement, data } of readScript(source, { onCommand: () => {} })) {
    const { sql, line } = statement;
    try {
      if (data) await pipeline(data, client.query(from(sql)));
      else await client.query(sql);
    } catch (error) {
      throw restoreFailure(`line ${line}`, serverMessage(error), sql, error);
    }
  }
}

/** The INSERT statements of a table whose data were not dumped as COPY. */
export async function restoreStatements(client: Client, source: Readable): Promise<void> {
  for await (const { statement } of readScript(source, { onCommand: () => {} }))
    await client.query(statement.sql);
}
