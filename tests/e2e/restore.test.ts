import { beforeAll, describe, inject } from 'vitest';
import { asker, startDatabase, startMigrated } from '../helpers/database.ts';
import { docker } from '../helpers/processes.ts';
import { useScratch } from '../helpers/scratch.ts';
import { restoreSuite } from '../shared/restore-suite.ts';

describe.skipIf(inject('noEngine') !== '')('backup and restore on the compose stack', () => {
  const scratch = useScratch({ only: ['vm_stg', 'vm_prod'] });

  beforeAll(async () => {
    await Promise.all([startMigrated(scratch, 'vm_stg'), startDatabase(scratch, 'vm_prod', 'db')]);
    await scratch.mustTask('db-bootstrap-roles-env ENV=vm_stg');
    await scratch.mustTask('db-bootstrap-roles-env ENV=vm_prod');
  });

  restoreSuite({
    scratch,
    environment: 'vm_stg',
    database: 'core_stg',
    db: asker(scratch, 'vm_stg', 'app_stg', 'core_stg'),
    guarded: {
      environment: 'vm_prod',
      database: 'core_prod',
      db: asker(scratch, 'vm_prod', 'app_prod', 'core_prod'),
    },
    plain: async () =>
      docker('exec', await scratch.container('vm_stg'), 'pg_dump', '-U', 'app_stg', 'core_stg'),
    async directory() {
      const { stdout } = await scratch.mustTask('backup ENV=vm_stg JOBS=2 BACKUP_DIR=dumps');
      return stdout.trim();
    },
  });
});
