import type { Client } from 'pg';
import type { Dump } from '../../dump/read/dump.ts';
import { restoreFailure, serverMessage } from './restore-failure.ts';

/** Runs with our own rights what the file's role may not run. @throws FailedError with the place in the file */
export async function runErrands(client: Client, errands: Dump['errands']): Promise<void> {
  for (const { place, errand } of errands) {
    try {
      await client.query(errand.sql);
    } catch (error) {
      throw restoreFailure(place, serverMessage(error, 'ours'), errand.sql, error);
    }
  }
}
