import { afterEach, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { databaseOnly } from '../helpers/compose-files.ts';
import { asker, startDatabase } from '../helpers/database.ts';
import { docker, must, start, succeeded, type Ran, type Running } from '../helpers/processes.ts';
import { useScratch } from '../helpers/scratch.ts';

/** Names that are a trap for quoting, for case folding, or for the suffix of a database built aside. */
const NAMES = [`Quoted "and" it's`, 'n'.repeat(63), 'あ'.repeat(21), 'a$b\\c%d e', 'postgres'];

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

const ATTRIBUTES = ['icu', 'builtin', 'latin1'];

describe.skipIf(inject('noEngine') !== '')('db-reset-db-env', () => {
  const server = { command: ['postgres', '-c', 'max_prepared_transactions=5', '-c', 'wal_level=logical'] };
  const scratch = useScratch({ only: [], environments: { one: { compose: databaseOnly({ db: server }) } } });
  const { sql } = asker(scratch, 'one', 'app', 'core');
  /** Resets a database of the one server: its name is what the compose file says. */
  const startReset = (database: string, user = 'app'): Running => {
    // A dollar sign is doubled for compose.
    const environment = { POSTGRES_DB: database.replaceAll('$', '$$$$'), POSTGRES_USER: user };
    scratch.write('docker/one.json', JSON.stringify(databaseOnly({ db: { ...server, environment } })));
    return scratch.startTask('db-reset-db-env ENV=one WAIT=0');
  };
  const reset = (database = 'core'): Promise<Ran> => startReset(database).ended;
  const databases = (): Promise<string> =>
    sql('SELECT datname, oid FROM pg_database ORDER BY datname', 'template1');

  beforeAll(() => startDatabase(scratch, 'one'));

  // RESETS=20, once for each change of the exchange.
  const times = Number(process.env['RESETS'] ?? 5);
  test(`succeeds ${times} of ${times} times while 8 clients reconnect without pause, each seeing a finished database`, async () => {
    await sql(`ALTER DATABASE core SET app.finished = 'yes'; CREATE TABLE generation_1 ()`);
    const pool = await startPool(await scratch.container('one'));
    const statuses: number[] = [];
    for (let generation = 2; generation <= times + 1; generation++) {
      statuses.push((await reset()).status);
      const left = `SELECT count(*) FROM pg_class WHERE relname LIKE 'generation%'`;
      expect(await sql(`${left}; CREATE TABLE generation_${generation} ()`)).toBe('0');
    }
    const { seen, refused } = await pool.end();
    expect(statuses).toEqual(Array<number>(times).fill(0));

    expect([...new Set(seen.map(({ finished }) => finished))]).toEqual(['yes']);
    for (let client = 1; client <= 8; client++) {
      const rows = seen.filter((row) => row.client === client);
      // It was there all the time, and never back in a database that had been replaced.
      expect(rows.length, `client ${client}`).toBeGreaterThan(times / 2);
      const generations = rows.flatMap(({ generation }) => generation ?? []);
      expect(generations).toEqual(generations.toSorted((a, b) => a - b));
    }
    expect(refused.filter((message) => !EXPECTED_REFUSALS.test(message))).toEqual([]);
    // A busy machine is no failure.
  }, 1_800_000);

  describe('keeps what belongs to the database itself', () => {
    const CREATE: Record<string, string> = {
      icu: `TABLESPACE "Fast" LOCALE_PROVIDER icu ICU_LOCALE 'ja-JP' ICU_RULES '&a < g' LOCALE 'C.UTF-8' ENCODING 'UTF8'`,
      builtin: `LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C' ENCODING 'UTF8'`,
      latin1: `LOCALE_PROVIDER libc LOCALE 'C' ENCODING 'LATIN1'`,
    };
    const row = (name: string): Promise<string> =>
      sql(
        `SELECT jsonb_pretty(to_jsonb(d) - '{oid,datfrozenxid,datminmxid,datacl}'::text[] || jsonb_build_object(
           'acl', (SELECT jsonb_agg(item::text ORDER BY item::text) FROM unnest(datacl) item),
           'comment', shobj_description(d.oid, 'pg_database'),
           'settings', (SELECT jsonb_agg(jsonb_build_object('role', setrole::regrole::text, 'config',
               (SELECT array_agg(one ORDER BY one) FROM unnest(setconfig) one)) ORDER BY setrole)
             FROM pg_db_role_setting WHERE setdatabase = d.oid)))
         FROM pg_database d WHERE datname = '${name}'`,
        'postgres',
      );

    beforeAll(async () => {
      const id = await scratch.container('one');
      await docker('exec', id, 'install', '-d', '-o', 'postgres', '/var/lib/postgresql/fast');
      await sql(`CREATE TABLESPACE "Fast" LOCATION '/var/lib/postgresql/fast'`);
      await sql(`CREATE ROLE "Owner's"; CREATE ROLE reader; CREATE ROLE "second Reader"; CREATE ROLE third`);
    });

    test.each(ATTRIBUTES)('as catalog rows (%s)', async (name) => {
      await sql(
        `CREATE DATABASE ${name} TEMPLATE template0 OWNER "Owner's" ${CREATE[name]} CONNECTION LIMIT 17;
         REVOKE ALL ON DATABASE ${name} FROM PUBLIC;
         GRANT CREATE, CONNECT ON DATABASE ${name} TO reader WITH GRANT OPTION;
         SET ROLE reader;
         GRANT CREATE ON DATABASE ${name} TO "second Reader" WITH GRANT OPTION;
         SET ROLE "second Reader";
         GRANT CREATE ON DATABASE ${name} TO third;
         RESET ROLE;
         COMMENT ON DATABASE ${name} IS ${literal(`it's "mine" \\ 100%\nsecond line\nmakesafe.environment=one`)};
         ALTER DATABASE ${name} SET search_path TO "Mixed Case", public, "with""quote", "a,b";
         ALTER DATABASE ${name} SET "app.text" TO 'it''s \\ 100%, "really"';
         ALTER DATABASE ${name} SET timezone TO 'Asia/Tokyo';
         ALTER ROLE reader IN DATABASE ${name} SET statement_timeout TO '7s';
         ALTER ROLE "second Reader" IN DATABASE ${name} SET search_path TO '', "Other One";
         ALTER ROLE "second Reader" IN DATABASE ${name} SET work_mem TO '8MB';
         ALTER DATABASE ${name} IS_TEMPLATE true;`,
      );
      await sql('CREATE TABLE public.kept ()', name);
      const before = await row(name);
      expect(before).toContain('reader=C*c*/');
      expect(before).toContain('third=C/');
      succeeded(await reset(name));
      expect(await row(name)).toBe(before);
      expect(await sql(`SELECT to_regclass('public.kept') IS NULL`, name)).toBe('t');
    });
  });

  test.each(NAMES)('replaces a database named %s and leaves nothing beside it', async (name) => {
    if (name !== 'postgres') await sql(`CREATE DATABASE ${quoted(name)}`);
    await sql('CREATE TABLE kept ()', name);
    const before = await databases();
    const { status, stderr } = await reset(name);
    expect(stderr).toContain(`[ok] one: database ${name} is new and empty`);
    expect(status).toBe(0);
    expect(await sql(`SELECT to_regclass('kept') IS NULL`, name)).toBe('t');
    const names = (rows: string): string[] => rows.split('\n').map((row) => row.replace(/\|\d+$/, ''));
    expect(names(await databases())).toEqual(names(before));
  });

  /** A database with a row in it, for one test. */
  async function filled(name: string): Promise<void> {
    await sql(`CREATE DATABASE ${name}`);
    await sql('CREATE TABLE kept AS SELECT 42 AS x', name);
  }

  describe('when it cannot be done', () => {
    test.each([
      {
        because: 'a transaction is prepared',
        name: 'prepared',
        obstacle: `BEGIN; CREATE TABLE in_doubt (); PREPARE TRANSACTION 'p'`,
        named: 'prepared transaction',
        remove: `ROLLBACK PREPARED 'p'`,
      },
      {
        because: 'a subscription has a slot at its publisher',
        name: 'subscribed',
        obstacle: `CREATE SUBSCRIPTION s CONNECTION 'dbname=x' PUBLICATION p WITH (connect = false)`,
        named: 'subscription',
        remove: 'ALTER SUBSCRIPTION s SET (slot_name = NONE)',
      },
    ])('because $because, the old database stays open and unchanged', async (given) => {
      await filled(given.name);
      await sql(given.obstacle, given.name);
      const before = await databases();
      const { status, stderr } = await reset(given.name);
      expect.soft(await databases()).toBe(before);
      expect.soft(await sql('SELECT x FROM kept', given.name).catch(String)).toBe('42');
      expect.soft(stderr).not.toContain('[ok]');
      expect.soft(stderr).toContain(given.named);
      expect.soft([1, 77]).toContain(status);
      await sql(given.remove, given.name);
      succeeded(await reset(given.name));
    });

    test('because the server has no such database, nothing is made', async () => {
      const before = await databases();
      const { status, stderr } = await reset('absent');
      expect(stderr).toContain('there is no database absent');
      expect(status).toBe(1);
      expect(await databases()).toBe(before);
    });
  });

  describe('ended in the middle', () => {
    let holder: Running | undefined;

    /** A run that has come as far as a statement that another session holds up. */
    async function runInto(name: string, lock: string, statement: string): Promise<Running> {
      await filled(name);
      const id = await scratch.container('one');
      const psql = ['docker', 'exec', '-i', id, 'psql', '-XAtq', '-U', 'app', '-d', 'postgres', '-f', '-'];
      holder = start(psql, { input: `BEGIN; ${lock}; SELECT 'held'; SELECT pg_sleep(60);` });
      await holder.printed('held');
      const running = startReset(name);
      const waiting = `SELECT count(*) FROM pg_stat_activity
        WHERE application_name = 'makesafe' AND wait_event_type = 'Lock' AND query LIKE '${statement}'`;
      const ended = running.ended.then(({ stderr }) => Promise.reject(new Error(`did not wait: ${stderr}`)));
      const arrived = expect
        .poll(() => sql(waiting, 'postgres'), { timeout: 120_000, interval: 50 })
        .toBe('1');
      await Promise.race([arrived, ended]);
      return running;
    }

    /** Lets the other session end, and waits until ours has noticed that nobody listens any more. */
    async function release(): Promise<void> {
      const sleeper = `query LIKE '%pg_sleep(60)%' AND pid <> pg_backend_pid()`;
      await sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${sleeper}`, 'postgres');
      await holder?.ended;
      holder = undefined;
      const ours = `SELECT count(*) FROM pg_stat_activity WHERE application_name = 'makesafe'`;
      await expect.poll(() => sql(ours, 'postgres'), { timeout: 120_000, interval: 50 }).toBe('0');
    }

    afterEach(async () => {
      if (holder) await release();
    });

    // An attribute of the database locks the catalog's row; a setting for a role keeps it from being renamed.
    const closing = (name: string): [lock: string, statement: string] => [
      `ALTER DATABASE ${name} CONNECTION LIMIT 50`,
      '%ALLOW_CONNECTIONS false; COMMENT%',
    ];
    const swapping = (name: string): [lock: string, statement: string] => [
      `ALTER ROLE app IN DATABASE ${name} SET work_mem TO '4MB'`,
      '%RENAME TO%',
    ];

    test.each([
      { name: 'killed_closing', point: 'before the old database is closed', hold: closing },
      { name: 'killed_swapping', point: 'while both databases change places', hold: swapping },
    ])('by SIGKILL $point, a second run repairs', async ({ name, hold }) => {
      const running = await runInto(name, ...hold(name));
      expect(await databases()).toContain(`${name}__new`);
      running.interrupt('SIGKILL');
      expect((await running.ended).status).toBe(137);
      await release();
      succeeded(await reset(name));
      expect(await databases()).not.toContain(`${name}__`);
      expect(await sql(`SELECT to_regclass('kept') IS NULL`, name).catch(String)).toBe('t');
    });

    test.each([
      {
        signal: 'SIGINT' as const,
        expected: 130,
        name: 'int_closing',
        point: 'before closing',
        hold: closing,
      },
      {
        signal: 'SIGTERM' as const,
        expected: 143,
        name: 'term_swapping',
        point: 'while swapping',
        hold: swapping,
      },
    ])(
      'by $signal $point, the old database or the new one is in use, and the message says which',
      async ({ signal, expected, name, hold }) => {
        const running = await runInto(name, ...hold(name));
        running.interrupt(signal);
        await release();
        const { status, stderr } = await running.ended;
        expect(status).toBe(expected);
        // A task leaves two seconds after the signal. On a busy machine the server may not have been told by then to
        // drop what is half made: then the message names it, and the next run removes it.
        const left = await expect
          .poll(databases, { timeout: 120_000 })
          .not.toContain(`${name}__`)
          .then(() => false)
          .catch(() => true);
        if (left) return repaired(name, stderr);
        const kept = await sql(`SELECT to_regclass('kept') IS NOT NULL`, name);
        expect(stderr).toContain(kept === 't' ? 'is in use, unchanged' : 'the new database');
      },
    );

    /** What an interrupted run has left is named, and gone after the next one. */
    async function repaired(name: string, stderr: string): Promise<void> {
      expect(stderr).toMatch(new RegExp(`${name}__|database ${name} closed to applications`));
      succeeded(await reset(name));
      expect(await databases()).not.toContain(`${name}__`);
    }
  });

  describe('as an owner who is no superuser', () => {
    beforeAll(async () => {
      await sql(
        `CREATE ROLE weak LOGIN PASSWORD 'simple'; CREATE ROLE able LOGIN PASSWORD 'simple' CREATEDB`,
      );
    });

    test('without CREATEDB it is refused before anything is touched', async () => {
      await sql('CREATE DATABASE of_weak OWNER weak');
      await sql('CREATE TABLE kept AS SELECT 42 AS x', 'of_weak');
      const before = await databases();
      const { status, stderr } = await startReset('of_weak', 'weak').ended;
      expect(stderr).toContain('role weak may not create databases');
      expect(stderr).toContain('ALTER ROLE weak CREATEDB, as a superuser');
      expect(status).toBe(77);
      expect(await databases()).toBe(before);
      expect(await sql('SELECT x FROM kept', 'of_weak')).toBe('42');
    });

    test('with CREATEDB the database is replaced, and a session that it may not end is an obstacle', async () => {
      await sql('CREATE DATABASE of_able OWNER able');
      const id = await scratch.container('one');
      const psql = ['docker', 'exec', '-i', id, 'psql', '-XAtq', '-U', 'app', '-d', 'of_able', '-f', '-'];
      const superuser = start(psql, { input: `SELECT 'there'; SELECT pg_sleep(60);` });
      await superuser.printed('there');
      const refused = await startReset('of_able', 'able').ended;
      expect(refused.stderr).toMatch(/session \d+ of role app cannot be ended by role able/);
      expect(refused.status).toBe(77);
      await sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'of_able'`);
      await superuser.ended;
      const before = await databases();
      succeeded(await startReset('of_able', 'able').ended);
      expect(await databases()).not.toBe(before);
      expect(await databases()).not.toContain('of_able__');
    });
  });
});

/** What a client hears while sessions are ended, the old database is closed, and both change places. */
const EXPECTED_REFUSALS =
  /not currently accepting connections|terminating connection|server closed the connection|seems to have just been dropped or renamed/;

interface Seen {
  readonly client: number;
  readonly finished: string;
  /** Undefined in an empty database. */
  readonly generation: number | undefined;
}

/** Eight clients in the server's own container: six that hold their session, two that come and go. */
async function startPool(id: string): Promise<{ end: () => Promise<{ seen: Seen[]; refused: string[] }> }> {
  const script = `
    client() {
      while [ ! -e /tmp/stop ]; do
        psql -XAtq -h 127.0.0.1 -U app -d core \\
          -c "SELECT $1, coalesce(current_setting('app.finished', true), 'no'),
              (SELECT string_agg(substr(relname, 12), '+') FROM pg_class WHERE relname LIKE 'generation%')" \\
          -c "SELECT pg_sleep($2)" | grep .
      done
    }
    for n in 1 2 3 4 5 6; do client $n 600 & done
    for n in 7 8; do client $n 0.2 & done
    wait`;
  const pool = start(['docker', 'exec', '-i', id, 'bash', '-s'], { input: script });
  const stop = async (): Promise<void> => {
    await docker('exec', id, 'touch', '/tmp/stop');
    const sleepers = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep%' AND pid <> pg_backend_pid()`;
    await must(['docker', 'exec', id, 'psql', '-q', '-U', 'app', '-d', 'postgres', '-c', sleepers]);
  };
  // Also where the test fails: the next ones have the server for themselves.
  onTestFinished(stop);
  await pool.printed('8|');
  const end = async (): Promise<{ seen: Seen[]; refused: string[] }> => {
    await stop();
    const { stdout, stderr } = await pool.ended;
    const seen = stdout
      .split('\n')
      .filter(Boolean)
      .map((line): Seen => {
        const [client, finished, generation] = line.split('|');
        return {
          client: Number(client),
          finished: finished!,
          generation: generation === '' ? undefined : Number(generation),
        };
      });
    // A message of several lines begins with psql's name, or the server's severity where the session had begun.
    return { seen, refused: stderr.split(/^(?=psql: error|FATAL)/m).filter(Boolean) };
  };
  return { end };
}
