import { rmSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { gone, localAsker, PATIENCE, processesOf, useEmbedded } from '../helpers/embedded.ts';
import type { Running } from '../helpers/processes.ts';
import { HEAD, revisionsIn } from '../helpers/revisions.ts';

const ENV = 'ENV=local_demo';

describe('one at a time', () => {
  const scratch = useEmbedded();
  const { sql } = localAsker(scratch);
  const { revision } = revisionsIn(scratch);
  const who = `${userInfo().username}@${hostname()}`;
  const lock = (): string => scratch.path('journal/.local_demo.lock');

  const start = (words: string): Running => {
    const running = scratch.startTask(words);
    onTestFinished(async () => {
      running.child.kill('SIGKILL');
      await running.ended;
    });
    return running;
  };

  /** A revision that stays in its statement while `mart.gate` has a row, and leaves a row in `mart.ran`. */
  const HELD = `op.execute("INSERT INTO mart.ran VALUES ('held')"); op.execute("DO $$ BEGIN WHILE EXISTS (SELECT FROM mart.gate) LOOP PERFORM pg_sleep(0.02); END LOOP; END $$")`;
  const TABLES = 'CREATE TABLE mart.ran (id text); CREATE TABLE mart.gate ()';
  const letGo = (): Promise<string> => sql('DELETE FROM mart.gate');
  const inStatement = `SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'DO $$ BEGIN WHILE%'`;

  /** An `al-up-env` whose backend executes the revision's statement. */
  const migrating = async (words = `al-up-env ${ENV}`): Promise<Running> => {
    await sql('INSERT INTO mart.gate DEFAULT VALUES');
    const running = start(words);
    await running.printed('-> held');
    await expect.poll(() => sql(inStatement), { interval: 20 }).toBe('1');
    return running;
  };

  /** Alembic reads its program from standard input. */
  const alembics = () => processesOf(scratch.outside).filter(({ words }) => words[1] === '-');

  beforeAll(async () => {
    await scratch.mustTask(`up ${ENV}`);
    await scratch.mustTask(`al-up-env ${ENV}`);
    await sql(TABLES);
  }, PATIENCE);

  beforeEach(async () => {
    await letGo();
    await expect.poll(() => sql(inStatement)).toBe('0');
    await expect.poll(() => alembics().length).toBe(0);
    await sql(`DELETE FROM mart.ran; UPDATE alembic_version SET version_num = '${HEAD}'`);
    revision('held', HEAD, HELD);
  }, PATIENCE);

  test('a second al-up-env waits, says for whom, and finds nothing to do; from another clone as well', async () => {
    const first = await migrating();
    const second = start(`al-up-env ${ENV}`);
    const since = `waiting for al-up-env by ${who} since \\d\\d:\\d\\d:\\d\\d`;
    await second.printed(new RegExp(`${since} \\(process ${first.child.pid}\\) … \\d+ s`));
    // Another clone has a lock file of its own, and meets the lock of the server.
    rmSync(lock());
    await second.printed(new RegExp(`${since} … \\d+ s`));
    const third = start(`al-up ${ENV}`);
    await third.printed(new RegExp(`${since} \\(process ${second.child.pid}\\) … \\d+ s`));
    await letGo();
    expect((await first.ended).stderr).toContain('[ok] local_demo: migrated to head');
    for (const { stderr, status } of [await second.ended, await third.ended]) {
      expect(status).toBe(0);
      expect(stderr).toContain('[ok] local_demo: nothing to migrate, it is at head');
    }
    expect(await sql('SELECT count(*) FROM mart.ran')).toBe('1');
  });

  test('what destroys is refused meanwhile, and an al-up-env waits for what destroys', async () => {
    const first = await migrating();
    for (const words of ['db-reset-db-env WAIT=0', 'al-down-env', 'al-stamp-env REV=head']) {
      const { status, stderr } = await scratch.runTask(`${words} ${ENV}`);
      expect(stderr).toMatch(new RegExp(`another run is at work on local_demo: al-up-env by ${who} since`));
      expect(status).toBe(77);
    }
    await letGo();
    await first.ended;

    const reset = start(`db-reset-db-env ${ENV} WAIT=600`);
    await reset.printed('Starting in 600');
    const waiting = start(`al-up-env ${ENV}`);
    await waiting.printed(`waiting for db-reset-db-env by ${who} since`);
    reset.interrupt();
    await reset.ended;
    expect((await waiting.ended).stderr).toContain('[ok] local_demo: nothing to migrate');
  });

  test.each(['al-down REV=-1', `al-stamp REV=${HEAD}`])('%s waits as well', async (words) => {
    const first = await migrating();
    const second = start(`${words} ${ENV}`);
    await second.printed(`waiting for al-up-env by ${who} since`);
    await letGo();
    expect((await first.ended).status).toBe(0);
    expect((await second.ended).status).toBe(0);
    expect(await sql('SELECT version_num FROM alembic_version')).toBe(HEAD);
  });

  test('killed with SIGKILL: its Alembic is at work until its statement is over, and the next one waits for that', async () => {
    const first = await migrating();
    first.child.kill('SIGKILL');
    await first.ended;
    const next = start(`al-up-env ${ENV}`);
    await next.printed(
      /waiting for the migration of a run that was killed: .+ of app_demo \(process \d+ of the server, active for \d+ s, at DO /,
    );
    const { status, stderr } = await scratch.runTask(`db-reset-db-env ${ENV} WAIT=0`);
    expect(stderr).toContain('another run is at work on local_demo: al-up-env by');
    expect(status).toBe(77);
    next.interrupt('SIGTERM');
    await next.ended;
    // The one that was killed holds no lock any more, but the database is not free.
    const reset = await scratch.runTask(`db-reset-db-env ${ENV} WAIT=0`);
    expect(reset.stderr).toMatch(
      /another run is at work on local_demo: the migration of a run that was killed: [^]*\[next\] wait until it has ended, then type this again; or end it: SELECT pg_terminate_backend\(\d+\)/,
    );
    expect(reset.status).toBe(77);
    const last = start(`al-up-env ${ENV}`);
    await last.printed('waiting for the migration of a run that was killed');
    await letGo();
    expect((await last.ended).stderr).toContain('[ok] local_demo: nothing to migrate, it is at head');
    expect(await sql('SELECT count(*) FROM mart.ran')).toBe('1');
  });

  test('all of its processes killed: the server still executes the statement, and the next one waits for that', async () => {
    const first = await migrating();
    const python = alembics();
    first.interrupt('SIGKILL');
    await first.ended;
    await Promise.all(python.map(({ pid }) => gone(pid)));
    const next = start(`al-up-env ${ENV}`);
    await next.printed('waiting for the migration of a run that was killed');
    await letGo();
    // It was rolled back with its session.
    expect((await next.ended).stderr).toContain('[ok] local_demo: migrated to head');
    expect(await sql('SELECT count(*) FROM mart.ran')).toBe('1');
  });

  test('a rebuild migrates under the lock of the server that it made', async () => {
    revision('held', HEAD, 'op.execute("SELECT pg_sleep(4)")');
    const rebuild = start(`db-rebuild-env ${ENV} WAIT=0`);
    await expect
      .poll(
        () =>
          sql(`SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(4)'`).catch(() => '0'),
        {
          interval: 20,
          timeout: 60_000,
        },
      )
      .toBe('1');
    rmSync(lock());
    const other = start(`al-up-env ${ENV}`);
    await other.printed(`waiting for db-rebuild-env by ${who} since`);
    expect((await rebuild.ended).status).toBe(0);
    expect((await other.ended).stderr).toContain('[ok] local_demo: nothing to migrate');
    await sql(TABLES);
  });

  test('where no lock file can be made, the lock of the server is enough', async () => {
    rmSync(scratch.path('journal'), { recursive: true, force: true });
    scratch.write('journal', 'a file');
    onTestFinished(() => rmSync(scratch.path('journal')));
    const { stderr } = await scratch.mustTask(`al-up-env ${ENV}`);
    expect(stderr).toContain("[warn] only the server's lock is taken: the lock cannot be taken");
    expect(stderr).toContain('[ok] local_demo: migrated to head');
  });
});
