import { beforeAll, describe, inject } from 'vitest';
import { startDatabase } from '../helpers/database.ts';
import { useScratch } from '../helpers/scratch.ts';
import { worldSuite } from '../shared/world-suite.ts';

describe.skipIf(inject('noEngine') !== '')('dumps that come to the compose stack', () => {
  const scratch = useScratch({ only: ['vm_stg'] });

  beforeAll(async () => {
    await startDatabase(scratch, 'vm_stg', 'db');
  });

  worldSuite({ scratch, environment: 'vm_stg' });
});
