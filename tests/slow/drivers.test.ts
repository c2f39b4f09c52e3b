import { existsSync } from 'node:fs';
import { beforeAll, describe } from 'vitest';
import { PATIENCE, localAsker, useEmbedded } from '../helpers/embedded.ts';
import { MANAGED, managed } from '../helpers/managed-server.ts';
import { freePort } from '../helpers/free-port.ts';
import { RELEASES, driversSuite, type Release } from '../shared/drivers-suite.ts';

const env = { POSTGRES_USER: 'app', POSTGRES_PASSWORD: 'app' };
const common = { alembicIni: 'migrations/alembic.ini', rolesScript: false } as const;
const folder = 'migrations';
const use = (release: Release): string => `ALEMBIC=${RELEASES[release].alembic}`;
const releases = (['debian', 'current'] as const).filter((release) => existsSync(RELEASES[release].alembic));

describe('embedded', () => {
  const entry = { ...common, stack: 'embedded' } as const;
  const scratch = useEmbedded({
    only: [],
    environments: {
      live: { entry: { ...entry, protected: true, wall: false }, env },
      spare: { entry, env },
    },
  });
  const { sql } = localAsker(scratch, 'live', 'app', 'core');
  driversSuite('embedded', { scratch, folder, sql, use, releases });
});

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
      live: { entry: { ...entry, protected: true, wall: false }, env },
      spare: { entry, env: { ...env, POSTGRES_DB: 'spare' } },
    },
  });
  const { sql } = localAsker(scratch, MANAGED, 'app', 'core');
  beforeAll(async () => {
    scratch.write(`.embedded/${MANAGED}/port`, String(port));
    await scratch.mustTask(`up ENV=${MANAGED}`);
  }, PATIENCE);
  driversSuite('server', { scratch, folder, sql, use, releases });
});
