import { describe, inject } from 'vitest';
import { asker } from '../helpers/database.ts';
import { docker } from '../helpers/processes.ts';
import { useScratch } from '../helpers/scratch.ts';
import { stackSuite } from '../shared/stack-suite.ts';

describe.skipIf(inject('noEngine') !== '')('the compose stack', () => {
  const scratch = useScratch({ only: ['vm_stg', 'vm_prod'] });
  stackSuite({
    scratch,
    environment: 'vm_stg',
    protectedEnvironment: 'vm_prod',
    user: 'app_stg',
    database: 'core_stg',
    db: asker(scratch, 'vm_stg', 'app_stg', 'core_stg'),
    server: async () =>
      docker('inspect', '--format', '{{.Id}} {{.State.StartedAt}}', await scratch.container('vm_stg')),
  });
});
