import { appendFileSync, chownSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
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

/** The one that has been run on the final code; MATRIX=all for both. */
const METHODS = process.env['MATRIX'] === 'all' ? ['volume', 'db'] : ['volume'];

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
  branched: {
    ...oddStack('branched', { api: { entrypoint: ['sleep', 'infinity'], profiles: ['app'] } }, 'api'),
    env: { COMPOSE_PROFILES: 'app' },
  },
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
    for (const name of ['migrating', 'needy', 'once'])
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
      await expect.poll(statuses, { timeout: 120_000 }).toBe('0\n0\n');
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
          .poll(() => read('migrating', `status-${name}`), { timeout: 120_000 })
          .toMatch(/^0\n1\n0\n$/);
    });

    test.each(METHODS)('db-rebuild-env METHOD=%s', async (method) => {
      const before = statuses();
      const { stderr } = await scratch.mustTask(`db-rebuild-env ENV=migrating METHOD=${method} WAIT=0`);
      expect(stderr).toMatch(/✓ migrate .* 2 revisions\n(.*\n)*✓ start /);
      expect(await revision('migrating')).toBe('two');
      // Both have come to their end once more, and both well.
      await expect.poll(() => statuses().length, { timeout: 120_000 }).toBe(before.length + 4);
      expect(read('migrating', 'status-api')).toMatch(/0\n$/);
      expect(read('migrating', 'said-worker')).not.toContain('Running upgrade');
    });
  });

  test('that cannot run without its tables: the runbook, and al-up-env where it starts again and again', async () => {
    await scratch.mustTask('up ENV=needy');
    const container = await scratch.container('needy', 'api');
    const restarts = (): Promise<string> => docker('inspect', '--format', '{{.RestartCount}}', container);
    await expect.poll(restarts, { timeout: 120_000 }).not.toBe('0');
    const cur = await scratch.mustTask('al-cur-env ENV=needy');
    expect(cur.stderr).toContain('needy has no revision, not at head (two)');
    await scratch.mustTask('al-up-env ENV=needy');
    expect(await revision('needy')).toBe('two');
    await scratch.mustTask('health ENV=needy');
    await scratch.mustTask('db-rebuild-env ENV=needy WAIT=0');
    await scratch.mustTask('health ENV=needy');
  });

  test('a run that is killed while the application is stopped: health, check and up say so, and start it', async () => {
    const running = scratch.startTask('db-rebuild-env ENV=needy METHOD=db WAIT=0');
    const api = await scratch.container('needy', 'api');
    const state = (): Promise<string> => docker('inspect', '--format', '{{.State.Status}}', api);
    await expect.poll(state, { timeout: 120_000, interval: 50 }).toBe('exited');
    running.interrupt('SIGKILL');
    await running.ended;
    const health = await scratch.runTask('health ENV=needy');
    expect(health.stdout).toMatch(/^✗ api +exited \(\d+\): a run has stopped it, and was ended itself$/m);
    expect(health.stderr).toMatch(/^\[next\] .*\bup(\.ts)? ENV=needy$/m);
    expect((await scratch.runTask('check ENV=needy')).stdout).toMatch(
      /^✗ leftovers +.*api: a run has stopped it, and was ended before it started it again\n +→ .*\bup(\.ts)? ENV=needy$/m,
    );
    await scratch.mustTask('up ENV=needy');
    await scratch.mustTask('health ENV=needy');
  });

  test('a container for migrations of a run that was killed is removed by the next one, and a living one’s is not', async () => {
    const plant = (pid: number): Promise<string> => {
      const owner = JSON.stringify({ pid, host: hostname() });
      const project = `com.docker.compose.project=${scratch.project('needy')}`;
      const labels = ['--label', project, '--label', `makesafe.migrations=${owner}`];

      return docker('run', '--detach', '--interactive', ...labels, '--entrypoint', 'cat', 'python:3.13');
    };
    // Linux gives no such number.
    const [dead, living] = [await plant(2 ** 22 + 1), await plant(process.pid)];
    // The application runs, so a question makes no container, and removes none.
    await scratch.mustTask('al-up-env ENV=needy');
    const there = await docker('ps', '--all', '--quiet', '--no-trunc');
    expect([there.includes(dead), there.includes(living)]).toEqual([false, true]);
    await docker('rm', '--force', living);
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

  describe('with heads that are kept, a profile, and a person who owns the checkout', () => {
    const registry = (change: (text: string) => string): void =>
      scratch.write('env/environments.ts', change(scratch.read('env/environments.ts')));
    beforeAll(async () => {
      writeProject(scratch, 'branched', {
        one: {},
        left: { after: 'one' },
        // Needed by right, so no version table holds it in the end.
        side: {},
        right: { after: 'one', needs: 'side' },
      });
      await scratch.mustTask('up ENV=branched');
    });

    test('without a word on it: refused before anything is destroyed', async () => {
      await sql('branched', 'CREATE TABLE kept ()');
      const { status, stderr } = await scratch.runTask('db-rebuild-env ENV=branched WAIT=0');
      expect(stderr).toContain('the migrations have 3 heads, and cannot go to one: left, right, side');
      expect(stderr).toMatch(/severalHeads: true/);
      expect(status).toBe(77);
      expect(await sql('branched', `SELECT to_regclass('kept')`)).toBe('kept');
    });

    test('and a revision that cannot be read', async () => {
      const file = source('branched', 'migrations/versions/left_one.py');
      const text = readFileSync(file, 'utf8');
      appendFileSync(file, 'raise RuntimeError("not to be read")\n');
      const { status, stderr } = await scratch.runTask('db-rebuild-env ENV=branched WAIT=0');
      expect(stderr).toMatch(/the migrations cannot run: .*not to be read/);
      expect(status).toBe(77);
      writeFileSync(file, text);
    });

    test('severalHeads: all of them, in each task', async () => {
      registry((text) => text.replace('export default {', 'export default { "severalHeads": true,'));
      await scratch.mustTask('db-rebuild-env ENV=branched WAIT=0');
      expect(await revision('branched')).toBe('left right');
      expect((await scratch.mustTask('al-cur-env ENV=branched')).stderr).toContain(
        'is at head (left, right)',
      );
      const { stdout } = await scratch.mustTask('db-verify-env ENV=branched');
      expect(stdout).toMatch(/^✓ one head +3, on purpose: left, right, side$/m);
      await scratch.mustTask('al-up-env ENV=branched');
    });

    test('a revision belongs to the person whose folder it is in', async () => {
      const folder = source('branched', 'migrations/versions');
      chownSync(folder, 1234, 2345);
      registry((text) => text.replace(/"default": "\w+"/, '"default": "branched"'));
      const { stderr } = await scratch.mustTask(['al-rev', 'MSG=add x', 'REV_ID=made', 'HEAD=left']);
      const file = join(folder, 'made_add_x.py');
      expect(stderr).toContain(
        '[ok] made revision made: docker/source-branched/migrations/versions/made_add_x.py',
      );
      expect(statSync(file)).toMatchObject({ uid: 1234, gid: 2345 });
      expect(existsSync(join(folder, '__pycache__'))).toBe(false);
    });

    test('a service behind a profile that is not the environment’s: the line to write', async () => {
      scratch.write('env/.env.branched', 'POSTGRES_USER=app\nPOSTGRES_DB=core\n');
      const { status, stderr } = await scratch.runTask('al-heads-env ENV=branched');
      expect(stderr).toContain(`profiles: ['app']`);
      expect(status).toBe(78);
      registry((text) => text.replace(/("branched": \{)/, '$1 "profiles": ["app"],'));
      await scratch.mustTask('al-heads-env ENV=branched');
      await scratch.mustTask('down ENV=branched');
      expect(await docker('ps', '--all', '--quiet', '--filter', `name=${scratch.project('branched')}`)).toBe(
        '',
      );
    });
  });
});
