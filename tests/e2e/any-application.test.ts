import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { docker } from '../helpers/processes.ts';
import { oddStack, writeProject } from '../helpers/odd-stacks.ts';
import { useScratch } from '../helpers/scratch.ts';

/** Migrates when it starts, and writes down with which status and what alembic said. */
const MIGRATES = [
  'sh',
  '-c',
  'alembic upgrade head > said-$0 2>&1; echo $? >> status-$0; exec sleep infinity',
];
/** Ends while its table is not there. */
const NEEDY = [
  ...['python3', '-c'],
  'import os, psycopg2, time; psycopg2.connect(os.environ["DATABASE_URL"].replace("+psycopg2", "")).cursor().execute("SELECT FROM of_two"); time.sleep(1e6)',
];

const environments = {
  // Two that race with each other and with us.
  migrating: oddStack(
    'migrating',
    {
      api: { entrypoint: [...MIGRATES, 'api'], restart: 'unless-stopped', depends_on: ['store'] },
      worker: { entrypoint: [...MIGRATES, 'worker'], restart: 'unless-stopped' },
    },
    'api',
  ),
  needy: oddStack(
    'needy',
    { api: { entrypoint: NEEDY, restart: 'unless-stopped', depends_on: ['store'] } },
    'api',
  ),
  once: oddStack(
    'once',
    {
      migrate: {
        entrypoint: ['alembic'],
        command: ['upgrade', 'head'],
        restart: 'no',
        depends_on: ['store'],
      },
      api: {
        entrypoint: NEEDY,
        restart: 'no',
        depends_on: { migrate: { condition: 'service_completed_successfully' } },
      },
    },
    'migrate',
  ),
};

describe.skipIf(inject('noEngine') !== '')('any application', () => {
  const scratch = useScratch({ only: [], environments });
  const sql = (environment: string, statement: string): Promise<string> =>
    docker(
      ...['exec', `${scratch.project(environment)}-store-1`, 'psql', '-XAtqU', 'app', '-d', 'core'],
      ...['-c', statement],
    );
  const revision = (environment: string): Promise<string> =>
    sql(environment, `SELECT string_agg(version_num, ' ' ORDER BY version_num) FROM alembic_version`);
  const oneOffs = (environment: string): Promise<string> =>
    docker('ps', '--all', '--quiet', '--filter', `name=${scratch.project(environment)}-makesafe-alembic`);

  beforeAll(() => {
    for (const name of Object.keys(environments))
      writeProject(scratch, name, {
        one: { sql: 'CREATE TABLE of_one (); SELECT pg_sleep(2)' },
        two: { after: 'one', head: 'print("loaded the view definitions (head)")' },
      });
  });

  const source = (name: string, file: string): string => scratch.path('docker', `source-${name}`, file);
  const read = (name: string, file: string): string =>
    existsSync(source(name, file)) ? readFileSync(source(name, file), 'utf8') : '';

  describe('that migrates itself when it starts, in two services', () => {
    const statuses = (): string => read('migrating', 'status-api') + read('migrating', 'status-worker');

    test('al-up-env on a stopped stack: the database, the migrations, the rest, which finds nothing to do', async () => {
      const { stderr } = await scratch.mustTask('al-up-env ENV=migrating');
      expect(stderr).toContain('[ok] migrating: migrated to head');
      expect(await revision('migrating')).toBe('two');
      await expect.poll(statuses, { timeout: 30_000 }).toBe('0\n0\n');
      expect(read('migrating', 'said-api')).not.toContain('Running upgrade');
      expect(await oneOffs('migrating')).toBe('');
    });

    test('al-up-env on an empty database, behind an application that has begun to migrate', async () => {
      await scratch.mustTask('db-reset-volume-env ENV=migrating WAIT=0');
      await scratch.mustTask('up ENV=migrating');
      const { stderr } = await scratch.mustTask('al-up-env ENV=migrating');
      expect(stderr).toMatch(/\[info\] api, worker: stopped until the database is migrated/);
      expect(await revision('migrating')).toBe('two');
      // What was stopped in the middle says 1; what was started then has nothing to do.
      for (const name of ['api', 'worker'])
        await expect
          .poll(() => read('migrating', `status-${name}`), { timeout: 30_000 })
          .toMatch(/^0\n1\n0\n$/);
    });

    test.each(['volume', 'db'])('db-rebuild-env METHOD=%s', async (method) => {
      const before = statuses();
      const { stderr } = await scratch.mustTask(`db-rebuild-env ENV=migrating METHOD=${method} WAIT=0`);
      expect(stderr).toMatch(/✓ migrate .* 2 revisions\n(.*\n)*✓ start /);
      expect(await revision('migrating')).toBe('two');
      // Both have come to their end once more, and both well.
      await expect.poll(() => statuses().length, { timeout: 30_000 }).toBe(before.length + 4);
      expect(read('migrating', 'status-api')).toMatch(/0\n$/);
      expect(read('migrating', 'said-worker')).not.toContain('Running upgrade');
    });
  });

  test('that cannot run without its tables: the runbook, and al-up-env where it starts again and again', async () => {
    await scratch.mustTask('up ENV=needy');
    const container = await scratch.container('needy', 'api');
    const restarts = (): Promise<string> => docker('inspect', '--format', '{{.RestartCount}}', container);
    await expect.poll(restarts, { timeout: 30_000 }).not.toBe('0');
    const cur = await scratch.mustTask('al-cur-env ENV=needy');
    expect(cur.stderr).toContain('needy has no revision, not at head (two)');
    await scratch.mustTask('al-up-env ENV=needy');
    expect(await revision('needy')).toBe('two');
    await scratch.mustTask('health ENV=needy');
    await scratch.mustTask('db-rebuild-env ENV=needy WAIT=0');
    await scratch.mustTask('health ENV=needy');
  });

  test('with a migration service of its own, that has ended or was never made', async () => {
    await scratch.mustTask('db-rebuild-env ENV=once WAIT=0');
    expect(await revision('once')).toBe('two');
    const { stdout } = await scratch.mustTask('health ENV=once');
    expect(stdout).toMatch(/^✓ migrate +exited \(0\)$/m);
    await scratch.mustTask('al-cur-env ENV=once');
  });

  test('prints, loggers and warnings of the project are no answer of alembic', async () => {
    appendFileSync(source('once', 'migrations/versions/one_one.py'), 'print("other (head)")\n');
    const { stderr, stdout } = await scratch.mustTask('al-cur-env ENV=once');
    expect(stdout).toContain('env.py was here (head)');
    expect(stderr).toContain('[ok] once is at head (two)');
    const verified = await scratch.mustTask('db-verify-env ENV=once');
    expect(verified.stdout).toMatch(/^✓ one head +two$/m);
    expect(verified.stdout).toMatch(/^✓ at head +two$/m);
  });
});
