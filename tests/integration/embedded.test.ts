import { describe } from 'vitest';
import { localAsker, useEmbedded } from '../helpers/embedded.ts';
import { stackSuite } from '../shared/stack-suite.ts';

describe('the embedded stack', () => {
  const scratch = useEmbedded({
    environments: { guarded: { entry: { protected: true, stack: 'embedded' } } },
  });
  stackSuite({
    scratch,
    environment: 'local_demo',
    protectedEnvironment: 'guarded',
    user: 'app_demo',
    database: 'core_demo',
    db: localAsker(scratch),
    server: () => Promise.resolve(JSON.stringify(scratch.server())),
  });
});
