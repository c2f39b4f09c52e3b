import { beforeAll, describe, expect, test } from 'vitest';
import { PATIENCE, localAsker, useEmbedded } from '../helpers/embedded.ts';

const embedded = { stack: 'embedded', alembicIni: 'app/backend/core_api/migrations/alembic.ini' } as const;

describe('db-diff-schema-env', () => {
  const scratch = useEmbedded({
    engine: false,
    environments: {
      other: { entry: embedded, env: { POSTGRES_USER: 'app_other', POSTGRES_DB: 'core_other' } },
    },
  });
  const other = localAsker(scratch, 'other', 'app_other', 'core_other');
  const diff = (words = '') => scratch.runTask(`db-diff-schema-env ENV=other BASE=local_demo ${words}`);

  beforeAll(async () => {
    await Promise.all(['local_demo', 'other'].map((name) => scratch.mustTask(`up ENV=${name}`)));
    await Promise.all(
      ['local_demo', 'other'].map(async (name) => {
        await scratch.mustTask(`db-bootstrap-roles-env ENV=${name}`);
        await scratch.mustTask(`al-up-env ENV=${name}`);
      }),
    );
  }, PATIENCE);

  test('two migrated environments, with other owners and databases: same, 0', async () => {
    const { status, stdout } = await diff();
    expect(stdout).toContain('other has the same schema as local_demo');
    expect(status).toBe(0);
  });

  test('a difference: 1', async () => {
    await other.sql('ALTER TABLE mart.suppliers ADD COLUMN "rating" numeric(3,1)');
    const { status, stdout, stderr } = await diff();
    expect(stdout).toContain('mart.suppliers: column rating numeric(3,1) only in other');
    expect(stderr).toContain('[error] other differs from local_demo: 1 difference');
    expect(status).toBe(1);
  });
});
