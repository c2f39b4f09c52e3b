import { beforeAll, describe, inject } from 'vitest';
import { FILES } from '../helpers/cage-scripts.ts';
import { asker, startDatabase } from '../helpers/database.ts';
import { docker } from '../helpers/processes.ts';
import { useScratch } from '../helpers/scratch.ts';
import { cageSuite } from '../shared/cage-suite.ts';

describe.skipIf(inject('noEngine') !== '')('the cage of scripts on the compose stack', () => {
  const scratch = useScratch({ only: ['vm_stg'] });

  beforeAll(async () => {
    await startDatabase(scratch, 'vm_stg', 'db');
    await scratch.mustTask('db-bootstrap-roles-env ENV=vm_stg');
  });

  const db = asker(scratch, 'vm_stg', 'app_stg', 'core_stg');
  cageSuite({
    scratch,
    environment: 'vm_stg',
    database: 'core_stg',
    owner: 'app_stg',
    db,
    async files(live) {
      const folder = await db.sql('SHOW data_directory', 'postgres');
      return docker('exec', await scratch.container('vm_stg'), 'sh', '-c', FILES, 'sh', folder, live);
    },
  });
});
