import { beforeAll, describe, inject } from 'vitest';
import { startDatabase } from '../helpers/database.ts';
import { useScratch } from '../helpers/scratch.ts';
import { homeSuite } from '../shared/home-suite.ts';

describe.skipIf(inject('noEngine') !== '')('backups that go back on the compose stack', () => {
  const scratch = useScratch({ only: ['vm_stg'] });

  beforeAll(async () => {
    await startDatabase(scratch, 'vm_stg', 'db');
  });

  homeSuite({ scratch, environment: 'vm_stg' });
});
