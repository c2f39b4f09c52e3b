import { beforeAll, describe } from 'vitest';
import type { EnvironmentEntry } from '../../lib/environment/entry.ts';
import { PATIENCE, localAsker, useEmbedded } from '../helpers/embedded.ts';
import { AUTHORITY, MANAGED, administer, managed, startManaged } from '../helpers/managed-server.ts';
import { freePort } from '../helpers/free-port.ts';
import { stackSuite } from '../shared/stack-suite.ts';

const port = await freePort();
const entry: Partial<EnvironmentEntry> = {
  stack: 'server',
  alembicIni: 'app/backend/core_api/migrations/alembic.ini',
  server: { host: 'localhost', port, caFile: AUTHORITY },
};

describe('the server stack', () => {
  const scratch = useEmbedded({
    environments: {
      [MANAGED]: managed,
      vm_new: { entry, env: { POSTGRES_USER: 'app_new', POSTGRES_DB: 'core_new' } },
      guarded: {
        entry: { ...entry, protected: true },
        env: { POSTGRES_USER: 'app_new', POSTGRES_DB: 'core_guarded' },
      },
    },
  });
  stackSuite({
    scratch,
    environment: 'vm_new',
    protectedEnvironment: 'guarded',
    user: 'app_new',
    database: 'core_new',
    // One password for all roles, which the suite has chosen by then.
    db: localAsker(scratch, MANAGED, 'app_new', 'core_new', true),
    server: () => Promise.resolve(JSON.stringify(scratch.server(MANAGED))),
    foreign: true,
  });

  beforeAll(async () => {
    const secrets = scratch.read('secrets/.env.vm_new.secrets');
    for (const name of [MANAGED, 'guarded']) scratch.write(`secrets/.env.${name}.secrets`, secrets, 0o600);
    await startManaged(scratch, port);
    await administer(
      scratch,
      `CREATE ROLE app_new LOGIN CREATEDB CREATEROLE PASSWORD '${scratch.password(MANAGED)}'`,
      `ALTER ROLE app_new SET createrole_self_grant = 'set, inherit'`,
      'GRANT SET ON PARAMETER "app.text" TO app_new',
    );
  }, PATIENCE);
});
