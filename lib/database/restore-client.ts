import type { Transform } from 'node:stream';
import type { Client } from 'pg';
import { openDump, type Dump } from './dump.ts';
import { restoreArchive } from './restore-archive.ts';
import { restoreScript } from './restore-script.ts';

/**
 * Restores a dump of any kind over a client, without pg_restore and psql.
 *
 * @throws FailedError naming what failed
 */
export const restore = (client: Client, dump: Dump, meter: Transform): Promise<void> =>
  dump.kind === 'plain'
    ? restoreScript(client, openDump(dump, meter), dump.tables !== undefined)
    : restoreArchive(client, dump, meter);
