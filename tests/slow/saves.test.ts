import { beforeAll, describe, expect, test } from 'vitest';
import { connect, localAsker, PATIENCE, useEmbedded } from '../helpers/embedded.ts';
import { succeeded, type Ran, type Running } from '../helpers/processes.ts';

const scratch = useEmbedded({
  engine: false,
  environments: {
    plain: { entry: { stack: 'embedded', local: true } },
    small: { entry: { stack: 'embedded', local: true, saves: { gigabytes: 0.01, days: 1 } } },
    spared: { entry: { stack: 'embedded', local: true } },
    tight: { entry: { stack: 'embedded', local: true, saves: { gigabytes: 0.01 } } },
    aged: { entry: { stack: 'embedded', local: true, saves: { days: 1 } } },
    shielded: { entry: { stack: 'embedded', protected: true } },
  },
});

const at = (environment: string) => {
  const asked = localAsker(scratch, environment, 'app', 'core');
  const task = (words: string): Promise<Ran> => scratch.runTask(`${words} ENV=${environment}`);
  return {
    ...asked,
    task,
    done: async (words: string): Promise<Ran> => succeeded(await task(words)),
    databases: (): Promise<string> =>
      asked.sql(
        `SELECT string_agg(datname, ' ' ORDER BY datname) FROM pg_database WHERE datname LIKE 'core%'`,
        'postgres',
      ),
  };
};

const { sql, refusal, task, done, databases } = at('plain');

/** All that belongs to a database but its contents. */
const attributes = (ask = sql): Promise<string> =>
  ask(
    `SELECT to_jsonb(d) - '{oid,datfrozenxid,datminmxid}'::text[], shobj_description(d.oid, 'pg_database'),
       (SELECT jsonb_agg(to_jsonb(s) - 'setdatabase' ORDER BY setrole) FROM pg_db_role_setting s
        WHERE setdatabase = d.oid)
     FROM pg_database d WHERE datname = 'core'`,
    'postgres',
  );

/** Whether a copy waits for another session when it gets its settings. */
const WAITING = `SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%core__new% SET %'`;

beforeAll(async () => {
  await Promise.all(
    ['plain', 'small', 'spared', 'tight', 'aged', 'shielded'].map((name) => at(name).done('up')),
  );
}, PATIENCE);

describe('save, change, load, undo', () => {
  test('the database is what it was, with all that belongs to it, and undo brings back what was loaded over', async () => {
    await sql(
      `CREATE TABLE kept AS SELECT 42 AS x;
       CREATE TABLE alembic_version (version_num varchar(32)); INSERT INTO alembic_version VALUES ('0012');
       CREATE ROLE reader; GRANT CONNECT ON DATABASE core TO reader; REVOKE TEMPORARY ON DATABASE core FROM PUBLIC;
       ALTER DATABASE core CONNECTION LIMIT 17;
       ALTER DATABASE core SET work_mem TO '8MB';
       ALTER ROLE reader IN DATABASE core SET statement_timeout TO '7s';
       COMMENT ON DATABASE core IS E'mine\\nmakesafe.environment=plain'`,
    );
    const before = await attributes();
    const application = await connect(scratch, { environment: 'plain', user: 'app', database: 'core' });
    const ended = new Promise((resolve) => application.once('error', resolve));

    const saved = await done('db-save-env NAME=before-orders');
    await ended;
    expect(saved.stderr).toMatch(/\[ok\] plain: core is saved as before-orders \(\d+\.\d MB, \d+\.\d s\)/);
    expect(saved.stderr).toContain('db-load-env.ts ENV=plain NAME=before-orders');
    expect(await databases()).toBe('core core__save_before-orders core__spare_before-orders');
    expect(await attributes()).toBe(before);
    expect(await refusal('SELECT 1', 'core__save_before-orders')).toContain(
      'not currently accepting connections',
    );

    const listed = await done('db-saves-env');
    expect(listed.stdout).toMatch(/before-orders +\d\d:\d\d +\d+\.\d MB +0012 +as it was/);

    await sql(`UPDATE kept SET x = 43; ALTER DATABASE core SET work_mem TO '9MB'`);
    const loaded = await done('db-load-env NAME=before-orders');
    expect(loaded.stderr).toMatch(/to be loaded: before-orders, saved \d\d:\d\d, \d+\.\d MB, at 0012/);
    expect(loaded.stderr).toContain('[ok] plain: database core is what was saved as before-orders');
    expect(await sql('SELECT x FROM kept')).toBe('42');
    expect(await attributes()).toBe(before);
    // The copy stays, and may be loaded again; what was there is kept.
    expect(await databases()).toMatch(
      /^core core__old_\d{8}_\d{6} core__save_before-orders core__spare_before-orders$/,
    );

    await done('db-undo-env WAIT=0');
    expect(await sql('SELECT x FROM kept')).toBe('43');
    await done('db-load-env NAME=before-orders');
    expect(await sql('SELECT x FROM kept')).toBe('42');
    await done('db-drop-old-env WAIT=0');
    await done('db-drop-save-env NAME=before-orders');
    expect(await databases()).toBe('core');
  });

  test('a copy that somebody opened says so', async () => {
    await done('db-save-env NAME=opened');
    await sql('ALTER DATABASE "core__save_opened" ALLOW_CONNECTIONS true', 'postgres');
    await sql('CREATE TABLE late ()', 'core__save_opened');
    await sql('ALTER DATABASE "core__save_opened" ALLOW_CONNECTIONS false', 'postgres');
    await expect
      .poll(async () => (await done('db-saves-env')).stdout, { timeout: 120_000 })
      .toContain('opened, may differ');
    const { saves } = JSON.parse((await done('db-saves-env JSON=1')).stdout) as { saves: object[] };
    expect(saves).toMatchObject([{ name: 'opened', unchanged: false }]);
    await done('db-drop-save-env NAME=opened');
  });
});

describe('the spare of a saved copy', () => {
  const { sql, task, done, databases } = at('spared');
  const oid = (name: string): Promise<string> =>
    sql(`SELECT oid FROM pg_database WHERE datname = '${name}'`, 'postgres');
  /** What the load does, and whether it took the spare, copied, and left a new spare. */
  const load = async (label: string): Promise<{ took: boolean; stderr: string }> => {
    const spare = await oid(`core__spare_${label}`);
    const { stderr } = await done(`db-load-env NAME=${label}`);
    return { took: spare !== '' && (await oid('core')) === spare, stderr };
  };

  beforeAll(async () => {
    await sql('DROP TABLE IF EXISTS spared; CREATE TABLE spared AS SELECT 1 AS x');
    await done('db-save-env NAME=one');
  });

  test('is what is loaded, whole, and there is another one afterwards', async () => {
    const before = await attributes(sql);
    await sql('UPDATE spared SET x = 2; ALTER DATABASE core CONNECTION LIMIT 3');
    expect((await load('one')).took).toBe(true);
    expect(await sql('SELECT x FROM spared')).toBe('1');
    expect(await attributes(sql)).toBe(before);
    expect((await load('one')).took).toBe(true);
    expect(await attributes(sql)).toBe(before);
    await done('db-undo-env WAIT=0');
    expect(await attributes(sql)).toBe(before);
  });

  test('only one copy has one, the last saved or loaded', async () => {
    await sql('UPDATE spared SET x = 3');
    await done('db-save-env NAME=two');
    expect(await databases()).toMatch(/core__save_one core__save_two core__spare_two$/);
    expect((await load('one')).took).toBe(false);
    expect(await sql('SELECT x FROM spared')).toBe('1');
    expect(await databases()).toMatch(/core__save_one core__save_two core__spare_one$/);
    const { saves } = JSON.parse((await done('db-saves-env JSON=1')).stdout) as { saves: object[] };
    expect(saves).toMatchObject([
      { name: 'two', spareBytes: 0 },
      { name: 'one', spareBytes: expect.any(Number) as number },
    ]);
    expect((await task('check')).stdout).toContain('core__spare_one is kept for the next load');
  });

  test('is not taken once it was opened, or for another copy of that name', async () => {
    const spoil = async (): Promise<void> => {
      await sql('ALTER DATABASE core__spare_one ALLOW_CONNECTIONS true', 'postgres');
      await sql('UPDATE spared SET x = 4', 'core__spare_one');
    };
    await spoil();
    expect((await load('one')).took).toBe(false);
    expect(await sql('SELECT x FROM spared')).toBe('1');
    // What would be left where a spare cannot be dropped.
    await sql('ALTER DATABASE core__spare_one RENAME TO hidden', 'postgres');
    await done('db-drop-save-env NAME=one');
    await sql('UPDATE spared SET x = 5');
    await done('db-save-env NAME=one');
    await sql('DROP DATABASE core__spare_one', 'postgres');
    await sql('ALTER DATABASE hidden RENAME TO core__spare_one', 'postgres');
    expect((await load('one')).took).toBe(false);
    expect(await sql('SELECT x FROM spared')).toBe('5');
  });

  test('is left out where it has no room, and that is no fault', async () => {
    const small = at('tight');
    await small.done('db-save-env NAME=tight');
    expect(await small.databases()).toBe('core core__save_tight');
    await small.done('db-load-env NAME=tight');
    await small.done('db-drop-save-env NAME=tight');
  });

  /** A load that has said [ok], and waits for another session while it makes a new spare. */
  async function whileMaking(): Promise<{ running: Running; release: () => Promise<void> }> {
    const holder = await connect(scratch, { environment: 'spared', user: 'app', database: 'postgres' });
    await holder.query('BEGIN; LOCK TABLE pg_db_role_setting IN SHARE MODE');
    const running = scratch.startTask('db-load-env NAME=three ENV=spared WAIT=0');
    await expect.poll(() => sql(WAITING, 'postgres'), { timeout: 120_000, interval: 50 }).toBe('1');
    const release = async (): Promise<void> => {
      await holder.query('ROLLBACK');
      await holder.end();
    };
    return { running, release };
  }

  test('that is not made is a warning, and Ctrl-C leaves nothing half made', async () => {
    await sql(`ALTER DATABASE core SET work_mem TO '8MB'`);
    await done('db-save-env NAME=three');
    const stopped = await whileMaking();
    stopped.running.interrupt('SIGINT');
    // DROP DATABASE needs what the other session has locked.
    await stopped.release();
    const cancelled = await stopped.running.ended;
    expect(cancelled.stderr).toContain('[ok] spared: database core is what was saved as three');
    // Ctrl-C leaves within two seconds, also on a machine that needs longer for DROP DATABASE.
    expect(cancelled.stderr).toMatch(
      /no spare copy was made, so the next db-load-env three copies|left behind: core__new.*, half made, which the next run removes/,
    );
    expect(cancelled.status).toBe(130);
    expect(await databases()).not.toMatch(/__spare/);

    await done('db-load-env NAME=three');
    expect(await databases()).not.toMatch(/__new/);
    const lost = await whileMaking();
    await sql(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'`,
      'postgres',
    );
    await lost.release();
    const { status, stderr } = await lost.running.ended;
    expect(stderr).toMatch(/\[warn\] no spare copy was made, so the next db-load-env three copies: .+/);
    expect(status).toBe(0);
    expect(await databases()).not.toMatch(/__new|__spare/);
  });
});

describe('refused', () => {
  test.each([
    ['db-save-env', 64, 'NAME'],
    ['db-save-env NAME=Orders', 64, 'not a short name'],
    ['db-load-env NAME=nothing', 77, 'nothing is saved as nothing'],
    ['db-drop-save-env NAME=nothing', 77, 'nothing is saved as nothing'],
  ])('%s', async (words, status, says) => {
    const ran = await task(words);
    expect(ran.stderr).toContain(says);
    expect(ran.status).toBe(status);
  });

  test('a name that is taken', async () => {
    await done('db-save-env NAME=twice');
    const again = await task('db-save-env NAME=twice');
    expect(again.stderr).toContain('plain: twice is saved already');
    expect(again.status).toBe(77);
    await done('db-drop-save-env NAME=twice');
    expect(await databases()).toBe('core');
  });

  test('a database of somebody else under the name of the copy', async () => {
    await sql('CREATE DATABASE "core__save_theirs"', 'postgres');
    const ran = await task('db-save-env NAME=theirs');
    expect(ran.status).not.toBe(0);
    expect(ran.stderr).toContain('core__save_theirs');
    expect(await databases()).toBe('core core__save_theirs');
    expect(await sql('SELECT 1')).toBe('1');
    await sql('DROP DATABASE "core__save_theirs"', 'postgres');
  });

  test('where it is protected', async () => {
    const ran = await at('shielded').task('db-save-env NAME=x');
    expect(ran.stderr).toContain('a backup is taken while they work: npx tsx tasks/backup.ts ENV=shielded');
    expect(ran.status).toBe(77);
  });

  test('where it is marked for another environment', async () => {
    const comment = `SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = 'core'`;
    const is = await sql(comment);
    await sql(`COMMENT ON DATABASE core IS 'makesafe.environment=vm_stg'`);
    const ran = await task('db-save-env NAME=x');
    expect(ran.stderr).toContain('is marked for vm_stg');
    expect(ran.status).toBe(77);
    await sql(`COMMENT ON DATABASE core IS '${is}'`);
  });

  test('more than the registry allows', async () => {
    const small = at('small');
    await small.done('db-save-env NAME=one');
    const ran = await small.task('db-save-env NAME=two');
    expect(ran.stderr).toMatch(/the saved copies would take .* MB, more than the 10\.0 MB of `saves`/);
    expect(ran.stderr).toContain('db-drop-save-env.ts ENV=small NAME=one');
    expect(ran.status).toBe(77);
    expect(await small.databases()).toBe('core core__save_one');
    expect(await small.sql('SELECT 1')).toBe('1');
  });
});

test('a dry run prints that the database is opened again, and no next line', async () => {
  const { stdout, stderr } = await done('db-save-env NAME=planned DRY_RUN=1');
  const closes = stdout.indexOf('ALTER DATABASE "core" ALLOW_CONNECTIONS false');
  expect(closes).toBeGreaterThan(-1);
  expect(stdout.indexOf('ALTER DATABASE "core" ALLOW_CONNECTIONS true')).toBeGreaterThan(closes);
  expect(stderr).not.toContain('[next]');
  expect(await databases()).toBe('core');
});

test('an old copy that cannot be removed is a warning: the new one is made', async () => {
  const aged = at('aged');
  await aged.done('db-save-env NAME=old');
  await aged.sql(
    `DO $$ BEGIN EXECUTE format('COMMENT ON DATABASE "core__save_old" IS %L', regexp_replace(
       (SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = 'core__save_old'),
       '"since":"\\d{4}', '"since":"2020')); END $$`,
    'postgres',
  );
  const holder = await connect(scratch, { environment: 'aged', user: 'app', database: 'postgres' });
  await holder.query('BEGIN; ALTER DATABASE "core__save_old" CONNECTION LIMIT 5');
  const ran = await aged.done('db-save-env NAME=new');
  expect(ran.stderr).toContain('[ok] aged: core is saved as new');
  expect(ran.stderr).toMatch(/\[warn\] a copy that is older than the registry allows is still there: .+/);
  expect(ran.stderr).not.toContain('was not touched');
  await holder.query('ROLLBACK');
  await holder.end();
  const again = await aged.done('db-save-env NAME=newer');
  expect(again.stderr).toContain('old was older than the registry allows, and is removed');
  expect(await aged.databases()).toBe('core core__save_new core__save_newer core__spare_newer');
});

describe('ended while the database is closed, and its copy half made', () => {
  /** A run that waits for another session when it gives the copy its settings. */
  async function runInto(label: string): Promise<{ running: Running; release: () => Promise<void> }> {
    await sql(`ALTER DATABASE core SET work_mem TO '8MB'`);
    const holder = await connect(scratch, { environment: 'plain', user: 'app', database: 'postgres' });
    await holder.query('BEGIN; LOCK TABLE pg_db_role_setting IN SHARE MODE');
    const running = scratch.startTask(`db-save-env NAME=${label} ENV=plain`);
    await expect.poll(() => sql(WAITING, 'postgres'), { timeout: 120_000, interval: 50 }).toBe('1');
    expect(await refusal('SELECT 1')).toContain('not currently accepting connections');
    const release = async (): Promise<void> => {
      await holder.query('ROLLBACK');
      await holder.end();
    };
    return { running, release };
  }

  test('by SIGKILL: the next run opens it and removes the copy', async () => {
    const { running, release } = await runInto('killed');
    running.interrupt('SIGKILL');
    await running.ended;
    await release();
    const check = await task('check');
    expect(check.stdout).toMatch(
      /a save of \d\d:\d\d was interrupted before the swap: the old database core is in place, closed/,
    );
    await done('up');
    expect(await sql('SELECT 1')).toBe('1');
    expect(await databases()).toBe('core');
    await done('db-save-env NAME=killed');
    await done('db-drop-save-env NAME=killed');
  });

  test('by Ctrl-C: it is open again, or the message says how to open it', async () => {
    const { running, release } = await runInto('stopped');
    running.interrupt('SIGINT');
    const { status, stderr } = await running.ended;
    await release();
    expect(status).toBe(130);
    expect(stderr).toMatch(/core was not touched|closed to applications \(.*up.ts ENV=plain opens it\)/);
    await done('up');
    expect(await sql('SELECT 1')).toBe('1');
    expect(await databases()).toBe('core');
  });
});
