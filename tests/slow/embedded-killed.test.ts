import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import {
  PATIENCE,
  connect,
  isRunning,
  localAsker,
  moment,
  processesOf,
  useEmbedded,
} from '../helpers/embedded.ts';
import { succeeded, type Running } from '../helpers/processes.ts';

const HEAD = '20251211_140000000';

/** Kills a task, and nothing else, as soon as the condition holds. What it started lives on, for a while or for good. */
async function killWhen(running: Running, condition: () => boolean): Promise<void> {
  const arrived = moment(condition);
  arrived.catch(() => {});
  const tooLate = running.ended.then(({ stderr }) => Promise.reject(new Error(`it ended before: ${stderr}`)));
  await Promise.race([arrived, tooLate]);
  running.child.kill('SIGKILL');
  expect((await running.ended).status).toBe(137);
}

describe('the first up, killed', () => {
  const names = ['initdb', 'renamed', 'started'] as const;
  const entry = { stack: 'embedded' } as const;
  const scratch = useEmbedded({ environments: Object.fromEntries(names.map((name) => [name, { entry }])) });
  const home = (name: string, ...file: string[]): string => scratch.path('.embedded', name, ...file);

  const moments: Record<(typeof names)[number], [string, () => boolean]> = {
    initdb: ['as soon as initdb writes', () => existsSync(home('initdb', 'data.new', 'PG_VERSION'))],
    renamed: ['when the data directory is in place', () => existsSync(home('renamed', 'data'))],
    started: ['while the server starts', () => existsSync(home('started', 'data', 'postmaster.pid'))],
  };

  test.concurrent.each(names.map((name) => [moments[name][0], name] as const))(
    '%s: the next one works, and leaves one server and nothing beside it',
    async (_when, name) => {
      await killWhen(scratch.startTask(`up ENV=${name}`), moments[name][1]);
      await scratch.mustTask(`up ENV=${name}`);
      expect(await localAsker(scratch, name, 'app', 'core').sql('SELECT current_database()')).toBe('core');
      expect(readdirSync(home(name)).sort()).toEqual(['data', 'port', 'server.log']);
      const postmasters = processesOf(home(name)).filter(({ words }) => words.includes('-D'));
      expect(postmasters.map(({ pid }) => pid)).toEqual([scratch.server(name).pid]);
    },
  );
});

describe('killed in the middle,', () => {
  const scratch = useEmbedded();
  const db = localAsker(scratch);
  const start = (words: string): Running => scratch.startTask(`${words} ENV=local_demo`);
  const must = async (words: string) => succeeded(await start(words).ended);
  /** A program that belongs to this copy of the project. */
  const runs = (part: string) => () =>
    processesOf(scratch.outside).some(({ words }) => words.join(' ').includes(part));

  beforeAll(async () => void (await must('up')), PATIENCE);

  test('db-bootstrap-roles-env is repeated, and what was open is rolled back', async () => {
    const holder = await connect(scratch);
    onTestFinished(() => holder.end());
    await holder.query(`SELECT pg_advisory_lock(hashtext('bootstrap_roles.sql'))`);
    const running = start('db-bootstrap-roles-env');
    const waiting = `SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`;
    await expect.poll(() => db.sql(waiting), { interval: 20 }).toBe('1');
    await killWhen(running, () => true);
    await holder.query('SELECT pg_advisory_unlock_all()');
    await must('db-bootstrap-roles-env');
    expect(await db.sql(`SELECT count(*) FROM pg_roles WHERE rolname = 'app_readonly'`)).toBe('1');
  });

  describe('al-up-env', () => {
    beforeEach(async () => void (await must('db-reset-db-env WAIT=0')), PATIENCE);

    test.each(['Running upgrade  ->', `-> ${HEAD}`])(
      'at "%s" is repeated at once and comes to head',
      async (sign) => {
        const running = start('al-up-env');
        await running.printed(sign);
        await killWhen(running, () => true);
        await must('al-up-env');
        expect(await db.sql('SELECT version_num FROM alembic_version')).toBe(HEAD);
      },
    );
  });

  const holds = (folder: string, what: string) => () =>
    existsSync(folder) && readdirSync(folder).some((file) => file.includes(what));

  const LAST_GOOD = '--\n-- PostgreSQL database dump\n--\n\n--\n-- PostgreSQL database dump complete\n--\n';

  test('db-dump-schema-env leaves the last dump as it was, and is repeated', async () => {
    const folder = scratch.path('dumps');
    scratch.write('dumps/schema.sql', LAST_GOOD);
    await killWhen(start('db-dump-schema-env OUT=dumps/schema.sql'), holds(folder, '.partial'));
    expect(scratch.read('dumps/schema.sql')).toBe(LAST_GOOD);
    await must('db-dump-schema-env OUT=dumps/schema.sql');
    expect(scratch.read('dumps/schema.sql')).toMatch(
      /CREATE TABLE mart\.suppliers[^]*-- PostgreSQL database dump complete\n/,
    );
    await expect.poll(runs('pg-dump-program')).toBe(false);
  });

  test('backup leaves nothing that looks like one, and is repeated', async () => {
    await killWhen(start('backup BACKUP_DIR=taken'), holds(scratch.path('taken'), '.unverified'));
    await expect.poll(runs('pg-dump-program')).toBe(false);
    expect(readdirSync(scratch.path('taken')).filter((file) => /\.(dump|json)$/.test(file))).toEqual([]);
    const { stdout } = await must('backup BACKUP_DIR=taken');
    expect(JSON.parse(scratch.read(`${stdout.trim()}.json`))).toMatchObject({ revisions: [HEAD] });
  });

  test('db-reset-db-env is repeated, and leaves one database', async () => {
    const client = await connect(scratch, { database: 'postgres' });
    onTestFinished(() => client.end());
    // Keeps the new database from taking its place.
    await client.query(`BEGIN; ALTER ROLE app_demo IN DATABASE core_demo SET work_mem TO '4MB'`);
    const running = start('db-reset-db-env WAIT=0');
    const waiting = `SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%RENAME%'`;
    await expect.poll(() => db.sql(waiting, 'postgres'), { interval: 20 }).toBe('1');
    await killWhen(running, () => true);
    await client.query('ROLLBACK');
    await must('db-reset-db-env WAIT=0');
    const names = `SELECT string_agg(datname, ' ' ORDER BY datname) FROM pg_database`;
    expect(await db.sql(names)).toBe('core_demo postgres template0 template1');
    expect(await db.sql(`SELECT to_regclass('alembic_version') IS NULL`)).toBe('t');
  });

  test('restart is repeated, and the data is there', async () => {
    await db.sql('CREATE TABLE kept AS SELECT 42 AS x');
    const { pid } = scratch.server();
    await killWhen(start('restart'), () => !isRunning(pid));
    await must('restart');
    expect(await db.sql('SELECT x FROM kept')).toBe('42');
  });

  describe('db-reset-volume-env', () => {
    /** So many files that the removal can be met under way. */
    const fill = (): void => {
      const folder = `${scratch.data()}/base/many`;
      mkdirSync(folder);
      for (let n = 0; n < 3000; n++) writeFileSync(`${folder}/${n}`, '');
    };

    test.each(['db-reset-volume-env WAIT=0', 'up'])('can be followed by %s', async (next) => {
      await must('up');
      await db.sql('CREATE TABLE IF NOT EXISTS kept ()');
      fill();
      const home = scratch.path('.embedded/local_demo');
      const isUnderWay = (): boolean => existsSync(`${home}/data.old`);
      await killWhen(start('db-reset-volume-env WAIT=0'), isUnderWay);
      expect(readdirSync(`${home}/data.old/base/many`).length).toBeGreaterThan(0);
      await must(next);
      if (next !== 'up') await must('up');
      expect(await db.sql(`SELECT to_regclass('kept') IS NULL`)).toBe('t');
      // Room is kept beside the data since a database was filled aside: it is no data.
      expect(
        readdirSync(home)
          .filter((file) => file !== 'reserve')
          .sort(),
      ).toEqual([...['data', 'port', 'server.log']]);
    });
  });
});
