import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { MakesafeError } from '../../../errors.ts';

/** Milliseconds for the server's word; without it, the container tells where its data is. */
const ANSWER_MS = 3_000;

/** The view leaves out what the role may not read, where SHOW would be refused. */
const DATA_DIRECTORY = `SELECT setting FROM pg_settings WHERE name = 'data_directory'`;

/** The data directory by the server's own word; undefined where it does not answer, or does not tell this role. */
export async function toldDirectory(
  withClient: <T>(work: (client: Client) => Promise<T>) => Promise<T>,
): Promise<string | undefined> {
  const answer = withClient((client) => client.query<{ setting: string }>(DATA_DIRECTORY)).then(
    ({ rows }) => rows[0]?.setting,
    (error: unknown) => {
      if (error instanceof MakesafeError) return undefined;
      throw error;
    },
  );
  return Promise.race([answer, sleep(ANSWER_MS, undefined, { ref: false })]);
}
