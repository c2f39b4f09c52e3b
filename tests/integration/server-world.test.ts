import { beforeAll, describe } from 'vitest';
import { PATIENCE, useEmbedded } from '../helpers/embedded.ts';
import { MANAGED, managed } from '../helpers/managed-server.ts';
import { freePort } from '../helpers/scratch.ts';
import { worldSuite } from '../shared/world-suite.ts';

const port = await freePort();
const PASSWORD = 'of-the-administrator';

describe('dumps that come to a server that somebody else runs', () => {
  const scratch = useEmbedded({
    environments: {
      [MANAGED]: { ...managed, env: { ...managed.env, POSTGRES_PASSWORD: PASSWORD } },
      vm_far: {
        entry: { stack: 'server', server: { host: '127.0.0.1', port, tls: 'disable' } },
        env: { POSTGRES_USER: 'administrator', POSTGRES_DB: 'core', POSTGRES_PASSWORD: PASSWORD },
      },
    },
  });

  beforeAll(async () => {
    scratch.write(`.embedded/${MANAGED}/port`, String(port));
    await scratch.mustTask(`up ENV=${MANAGED}`);
    await scratch.mustTask('up ENV=vm_far');
  }, PATIENCE);

  worldSuite({ scratch, environment: 'vm_far' });
});
