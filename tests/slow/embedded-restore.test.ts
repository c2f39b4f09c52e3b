import { mkdirSync } from 'node:fs';
import { createConnection } from 'node:net';
import { Writable } from 'node:stream';
import { beforeAll, describe } from 'vitest';
import { pgDump } from '../../lib/stack/pg-dump/pg-dump.ts';
import { localAsker, PATIENCE, useEmbedded } from '../helpers/embedded.ts';
import { nativeBash } from '../helpers/native.ts';
import { must } from '../helpers/processes.ts';
import { restoreSuite } from '../shared/restore-suite.ts';

describe('backup and restore on the embedded stack', () => {
  const scratch = useEmbedded({
    environments: { guarded: { entry: { protected: true, stack: 'embedded' } } },
  });

  beforeAll(async () => {
    await Promise.all([scratch.mustTask('up ENV=local_demo'), scratch.mustTask('up ENV=guarded')]);
    await scratch.mustTask('al-up-env ENV=local_demo');
    await scratch.mustTask('db-bootstrap-roles-env ENV=guarded');
  }, PATIENCE);

  const server = (): Parameters<typeof pgDump>[1] & { port: number } => ({
    ...{ port: scratch.server().port, user: 'app_demo' },
    ...{ password: scratch.password(), database: 'core_demo' },
  });

  restoreSuite({
    scratch,
    environment: 'local_demo',
    database: 'core_demo',
    db: localAsker(scratch),
    guarded: {
      environment: 'guarded',
      database: 'core',
      db: localAsker(scratch, 'guarded', 'app', 'core'),
    },
    async plain() {
      const chunks: Buffer[] = [];
      const write = (chunk: Buffer, _encoding: unknown, done: () => void): void => {
        chunks.push(chunk);
        done();
      };
      await pgDump(createConnection(server().port, '127.0.0.1'), server(), [], new Writable({ write }));
      return Buffer.concat(chunks).toString();
    },
    async directory() {
      const bash = await nativeBash();
      if (typeof bash === 'string') return undefined;
      const { port, user, password, database } = server();
      const dump = `pg_dump -h 127.0.0.1 -p ${port} -U ${user} -Fd -f /tmp/$$.d ${database} && tar -C /tmp/$$.d -cf - . && rm -r /tmp/$$.d`;
      mkdirSync(scratch.path('dumps/folder'), { recursive: true });
      const unpack = `"$@" | tar -C '${scratch.path('dumps/folder')}' -xf -`;
      await must(['bash', '-o', 'pipefail', '-c', unpack, 'bash', ...bash, dump], {
        env: { PGPASSWORD: password },
      });
      return 'dumps/folder';
    },
  });
});
