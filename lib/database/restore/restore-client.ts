import type { Readable, Transform } from 'node:stream';
import type { Client } from 'pg';
import type { Dump, ToText } from '../../dump/read/dump.ts';
import { openDump } from '../../dump/read/recognise.ts';
import { restoreArchive } from './restore-archive.ts';
import type { Filling } from './filling.ts';
import { restoreScript } from './restore-script.ts';

/**
 * Restores a dump of any kind over our own connections, without pg_restore and psql: it works the same for every kind
 * of stack, and no psql command in the file is run. Only for a compression that Node cannot read, pg_restore converts
 * the file to text, without a connection to the server.
 *
 * @param clients of the staging database, as the file's role
 * @param toText needed if `dump.isText`
 * @throws FailedError with what failed
 */
export async function restore(
  clients: readonly Client[],
  dump: Dump,
  meter: Transform,
  filling: Filling,
  toText: ToText | undefined,
): Promise<void> {
  const [client] = clients;
  const text = (source: Readable): Promise<void> =>
    restoreScript(client!, source, dump.tables !== undefined, filling);
  if (dump.kind === 'plain') return text(openDump(dump, meter));
  if (dump.isText) return text(toText!(dump, meter));
  return restoreArchive(clients, dump, meter, filling);
}
