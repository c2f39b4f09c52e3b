import { beforeAll, describe } from 'vitest';
import { PATIENCE, useEmbedded } from '../helpers/embedded.ts';
import { worldSuite } from '../shared/world-suite.ts';

describe('dumps that come to the embedded stack', () => {
  const scratch = useEmbedded();

  beforeAll(async () => {
    await scratch.mustTask('up ENV=local_demo');
  }, PATIENCE);

  worldSuite({ scratch, environment: 'local_demo' });
});
