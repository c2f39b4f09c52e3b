import { beforeAll, describe } from 'vitest';
import { PATIENCE, useEmbedded } from '../helpers/embedded.ts';
import { homeSuite } from '../shared/home-suite.ts';

describe('backups that go back on the embedded stack', () => {
  const scratch = useEmbedded();

  beforeAll(async () => {
    await scratch.mustTask('up ENV=local_demo');
  }, PATIENCE);

  homeSuite({ scratch, environment: 'local_demo' });
});
