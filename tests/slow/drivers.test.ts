import { localAsker, useEmbedded } from '../helpers/embedded.ts';
import { MANAGED, managed } from '../helpers/managed-server.ts';
import { freePort } from '../helpers/scratch.ts';
import { driversSuite } from '../shared/drivers-suite.ts';
import { PATIENCE } from '../helpers/embedded.ts';
import { beforeAll, describe } from 'vitest';

const env = { POSTGRES_USER: 'app', POSTGRES_PASSWORD: 'app' };
const common = { alembicIni: 'migrations/alembic.ini', rolesScript: false } as const;
const use = ({ alembic }: { alembic: string }): string => `ALEMBIC=${alembic}`;

describe('server', async () => {
  const port = await freePort();
  const entry = { ...common, stack: 'server', server: { host: '127.0.0.1', port, tls: 'disable' } } as const;
  const scratch = useEmbedded({
    only: [],
    environments: {
      [MANAGED]: {
        ...managed,
        env: { POSTGRES_USER: 'app', POSTGRES_DB: 'postgres', POSTGRES_PASSWORD: 'app' },
      },
      live: { entry: { ...entry, protected: true }, env },
      spare: { entry, env: { ...env, POSTGRES_DB: 'spare' } },
    },
  });
  const { sql } = localAsker(scratch, MANAGED, 'app', 'core');
  beforeAll(async () => {
    scratch.write(`.embedded/${MANAGED}/port`, String(port));
    await scratch.mustTask(`up ENV=${MANAGED}`);
  }, PATIENCE);
  driversSuite('server', { scratch, folder: 'migrations', sql, use });
});
