import type { Transform } from 'node:stream';
import type { Client } from 'pg';
import { openDump, type Dump } from './dump.ts';
import { restoreArchive } from './restore-archive.ts';
import { restoreScript } from './restore-script.ts';

/**
 * Restores a dump of any kind over a client, where there is neither pg_restore nor psql.
 *
 * @throws FailedError naming what failed
 */
export const restore = (client: Client, dump: Dump, meter: Transform): Promise<void> =>
  dump.kind === 'plain' ? restoreScript(client, openDump(dump, meter)) : restoreArchive(client, dump, meter);
