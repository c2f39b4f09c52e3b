import { describe, expect, inject, test } from 'vitest';
import { docker, succeeded } from '../helpers/processes.ts';
import { useScratch } from '../helpers/scratch.ts';

const SEED = `
import os
import sys
import psycopg2

connection = psycopg2.connect(
    host=os.environ["POSTGRES_HOST"],
    user=os.environ["POSTGRES_USER"],
    password=os.environ["POSTGRES_PASSWORD"],
    dbname=os.environ["POSTGRES_DB"],
)
with connection, connection.cursor() as cursor:
    cursor.execute("CREATE TABLE seeded AS SELECT version_num FROM alembic_version")
sys.exit(int(open("status").read()))
`;

describe.skipIf(inject('noEngine') !== '')('a seed that is a command of the application', () => {
  const scratch = useScratch({ only: ['local_dev'] });
  const sql = async (statement: string): Promise<string> =>
    docker(
      ...['exec', await scratch.container('local_dev'), 'psql', '-XAtqU', 'app_dev', '-d', 'core_dev'],
      ...['-c', statement],
    );

  test('runs in its container behind the migrations, each time; one that fails fails the rebuild', async () => {
    scratch.write('app/backend/core_api/seed.py', SEED);
    scratch.write('app/backend/core_api/status', '0');
    const registry = scratch.read('env/environments.ts');
    const seeded = registry.replace(
      '"local": true,',
      '"local": true, "seed": { "command": "python seed.py" },',
    );
    expect(seeded).not.toBe(registry);
    scratch.write('env/environments.ts', seeded);

    await scratch.mustTask('up ENV=local_dev');
    for (const how of ['', 'has made of the same files is taken']) {
      const { stderr } = succeeded(await scratch.runTask('db-rebuild-env ENV=local_dev METHOD=db WAIT=0'));
      expect(stderr).toContain(how);
      expect(stderr).toMatch(/seed +\d+\.\d s +python seed\.py/);
      expect(await sql('SELECT count(*) FROM seeded JOIN alembic_version USING (version_num)')).toBe('1');
    }

    scratch.write('app/backend/core_api/status', '3');
    const failed = await scratch.runTask('db-rebuild-env ENV=local_dev METHOD=db WAIT=0');
    expect(failed.stderr).toContain('[error] seed: python seed.py ended with status 3');
    expect(failed.status).toBe(3);
    await sql('DROP TABLE seeded');
    scratch.write('app/backend/core_api/status', '0');
    // It goes on where it failed.
    expect(
      succeeded(await scratch.runTask('db-rebuild-env ENV=local_dev METHOD=db WAIT=0')).stderr,
    ).toContain('seed → ');
  });
});
