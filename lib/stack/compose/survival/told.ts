import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { MakesafeError } from '../../../errors.ts';

/** Milliseconds for the server's answer. Without it, the container's configuration tells where its data is. */
const ANSWER_MS = 3_000;

/** If the role may not read the setting, this view returns no row; SHOW would fail. */
const DATA_DIRECTORY = `SELECT setting FROM pg_settings WHERE name = 'data_directory'`;

/** The data directory that the server reports; undefined if it does not answer, or the role may not read it. */
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
