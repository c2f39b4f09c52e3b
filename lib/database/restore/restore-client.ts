import type { Readable, Transform } from 'node:stream';
import type { Client } from 'pg';
import type { Dump, ToText } from '../../dump/read/dump.ts';
import { openDump } from '../../dump/read/recognise.ts';
import { restoreArchive } from './restore-archive.ts';
import type { Filling } from './filling.ts';
import { restoreScript } from './restore-script.ts';

/**
 * Restores a dump of any kind over clients of ours, without pg_restore and psql: one way for all stacks, on which no command
 * of psql means anything. What only pg_restore can decompress it makes text of, without a connection to the server.
 *
 * @param clients of the database that is filled, as the role that the file gets
 * @throws FailedError naming what failed
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
