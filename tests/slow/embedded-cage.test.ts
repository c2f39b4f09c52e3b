import { beforeAll, describe } from 'vitest';
import { localAsker, PATIENCE, useEmbedded } from '../helpers/embedded.ts';
import { FILES } from '../helpers/cage-scripts.ts';
import { must } from '../helpers/processes.ts';
import { cageSuite } from '../shared/cage-suite.ts';

describe('the cage of scripts on the embedded stack', () => {
  const scratch = useEmbedded();

  beforeAll(async () => {
    await scratch.mustTask('up ENV=local_demo');
    await scratch.mustTask('db-bootstrap-roles-env ENV=local_demo');
  }, PATIENCE);

  cageSuite({
    scratch,
    environment: 'local_demo',
    database: 'core_demo',
    owner: 'app_demo',
    db: localAsker(scratch),
    files: (live) => must(['sh', '-c', FILES, 'sh', scratch.data(), live]),
  });
});
