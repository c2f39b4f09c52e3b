import type { Client } from 'pg';
import type { Dump } from '../../dump/read/dump.ts';
import { restoreFailure, serverMessage } from './restore-failure.ts';

/** Does, with our own rights, what the file has no rights for. @throws FailedError naming the place */
export async function runErrands(client: Client, errands: Dump['errands']): Promise<void> {
  for (const { place, errand } of errands) {
    try {
      await client.query(errand.sql);
    } catch (error) {
      throw restoreFailure(place, serverMessage(error, 'ours'), errand.sql, error);
    }
  }
}
