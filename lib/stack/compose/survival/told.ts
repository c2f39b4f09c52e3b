import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { readServer } from '../../../database/contents.ts';
import { MakesafeError } from '../../../errors.ts';

/** Milliseconds for the server's word; without it, the container tells where its data is. */
const ANSWER_MS = 3_000;

/** The data directory by the server's own word; undefined where it does not answer, or does not tell this role. */
export async function toldDirectory(
  withClient: <T>(work: (client: Client) => Promise<T>) => Promise<T>,
): Promise<string | undefined> {
  const answer = withClient(readServer).then(
    ({ dataDirectory }) => dataDirectory ?? undefined,
    (error: unknown) => {
      if (error instanceof MakesafeError) return undefined;
      throw error;
    },
  );
  return Promise.race([answer, sleep(ANSWER_MS, undefined, { ref: false })]);
}
