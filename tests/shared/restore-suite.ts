import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Asker } from '../helpers/database.ts';
import { succeeded, type Ran, type Running } from '../helpers/processes.ts';
import type { Scratch } from '../helpers/scratch.ts';

/** A kind of stack, as the tests of backup and restore see it. Its environments are up. */
export interface RestoreUnderTest {
  readonly scratch: Scratch;
  /** An unprotected environment whose database is migrated to head. */
  readonly environment: string;
  readonly database: string;
  readonly db: Asker;
  /** A protected environment on its own server. */
  readonly guarded: { readonly environment: string; readonly database: string; readonly db: Asker };
  /** A dump of the environment's database in plain SQL. */
  readonly plain: () => Promise<string>;
  /** The folder of a dump of it in directory format; undefined where no program of this machine makes one. */
  readonly directory: () => Promise<string | undefined>;
}

/** What is lost first when a dump is not taken byte for byte or not in the right order. */
const AWKWARD = `
  CREATE SCHEMA "Odd ""name"" 日本";
  CREATE TABLE "Odd ""name"" 日本"."it's" (
    id bigint GENERATED ALWAYS AS IDENTITY (START 7), t text, b bytea,
    twice bigint GENERATED ALWAYS AS (id * 2) STORED, j jsonb, a text[]);
  INSERT INTO "Odd ""name"" 日本"."it's" (t, b, j, a)
    SELECT E'tab\\tback\\\\slash\\nline\\rreturn 😀 日本 '' " \\\\.\\n\\\\.\\n' || n, sha512(n::text::bytea),
           jsonb_build_object('n', n), ARRAY[NULL, '', 'NULL', E'\\\\N', '{"']
    FROM generate_series(1, 20000) n;
  INSERT INTO "Odd ""name"" 日本"."it's" (t) VALUES (NULL), (''), (E'\\\\N'), (E'\\\\.'), ('\\connect x'), ('--');
  CREATE TABLE events (at timestamptz NOT NULL, kind text) PARTITION BY RANGE (at);
  CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2025-01-01 00:00+09') TO ('2025-07-01 00:00+09');
  CREATE TABLE events_rest PARTITION OF events DEFAULT;
  INSERT INTO events SELECT '2025-01-01 00:00+09'::timestamptz + n * interval '1 day', n FROM generate_series(0, 400) n;
  CREATE INDEX ON events (kind);
  CREATE MATERIALIZED VIEW counted AS SELECT count(*) AS n FROM events;
  CREATE MATERIALIZED VIEW not_yet AS SELECT 1 AS n WITH NO DATA;
  CREATE FUNCTION atomic(a int) RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE WHEN a > 1 THEN 2 ELSE 3 END; END;
  CREATE FUNCTION noticed() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''never''; END';
  CREATE EXTENSION hstore; CREATE TABLE bag (h hstore); INSERT INTO bag VALUES ('a=>1');
  CREATE SEQUENCE counter START 5 INCREMENT -2 MINVALUE -100 MAXVALUE 10; SELECT nextval('counter'), nextval('counter');
  ALTER TABLE bag ENABLE ROW LEVEL SECURITY; CREATE POLICY "some" ON bag TO app_readonly USING (true);
  SELECT lo_from_bytea(4242, sha256('large') || convert_to(repeat('large ', 100000), 'UTF8')), lo_from_bytea(4243, '');
  COMMENT ON LARGE OBJECT 4242 IS 'it''s large';
  CREATE EVENT TRIGGER noticing ON ddl_command_start WHEN TAG IN ('CREATE SERVER') EXECUTE FUNCTION noticed()`;

const CONTENT = `
  SELECT count(*), md5(string_agg(x::text, '|' ORDER BY id)) FROM "Odd ""name"" 日本"."it's" x;
  SELECT md5(lo_get(4242)), length(lo_get(4243)), obj_description(4242, 'pg_largeobject');
  SELECT n, (SELECT count(*) FROM events_1), (SELECT h FROM bag), (SELECT last_value FROM counter),
         (SELECT relispopulated FROM pg_class WHERE relname = 'not_yet'), (SELECT polname FROM pg_policy) FROM counted;
  SELECT evtname, evtenabled FROM pg_event_trigger WHERE evtname NOT LIKE 'makesafe%';
  SELECT string_agg(format('%s %s', oid::regclass, relkind), ',' ORDER BY oid::regclass::text COLLATE "C") FROM pg_class
  WHERE relnamespace > 16383 OR relnamespace = 'public'::regnamespace;
  SELECT count(*) FROM mart.suppliers`;

export function restoreSuite(under: RestoreUnderTest): void {
  const { scratch, environment, database, db, guarded } = under;
  const ENV = `ENV=${environment}`;
  const restore = (words: string): Promise<Ran> =>
    scratch.runTask(`restore-from-dump ${ENV} WAIT=0 ${words}`);
  const restoreSql = (words: string): Promise<Ran> =>
    scratch.runTask(`restore-from-sql ${ENV} WAIT=0 ${words}`);
  const oid = (): Promise<string> =>
    db.sql(`SELECT oid FROM pg_database WHERE datname = '${database}'`, 'postgres');
  const databases = (): Promise<string> =>
    db.sql(`SELECT string_agg(datname, ' ' ORDER BY datname) FROM pg_database`);
  let content = '';
  let dump = '';

  beforeAll(async () => {
    await db.sql(`INSERT INTO mart.suppliers SELECT n, 'Supplier ' || n FROM generate_series(1, 500) n`);
    await db.sql(AWKWARD);
    content = await db.sql(CONTENT);
    expect(content).toContain('20006|');
    dump = (await scratch.mustTask(`backup ${ENV} BACKUP_DIR=taken`)).stdout.trim();
  });

  /** Changes what is there, so that a restore has something to undo. */
  const spoil = (): Promise<string> =>
    db.sql(`DROP EVENT TRIGGER IF EXISTS noticing; DROP TABLE IF EXISTS bag; DELETE FROM mart.suppliers;
      CREATE TABLE IF NOT EXISTS spoilt ()`);

  const restored = async ({ status, stderr }: Ran): Promise<void> => {
    expect(stderr).toContain(`[ok] ${environment}: ${database} is restored from`);
    expect(stderr).toContain('[ok] it is at revision 20251211_140000000, which is head');
    expect(status).toBe(0);
    expect(await db.sql(CONTENT)).toBe(content);
    // Roles were bootstrapped again, and the owner is the environment's.
    await db.sql('SET ROLE app_readonly; SELECT FROM mart.suppliers');
    const owners = `SELECT string_agg(DISTINCT relowner::regrole::text, ' ') = current_user FROM pg_class WHERE oid > 16384`;
    expect(await db.sql(owners)).toBe('t');
  };

  const attributes = `SELECT shobj_description(oid, 'pg_database'), datconnlimit, (SELECT setconfig FROM pg_db_role_setting
    WHERE setdatabase = d.oid) FROM pg_database d WHERE datname = current_database()`;
  const changeAttributes = (): Promise<string> =>
    db.sql(`COMMENT ON DATABASE ${database} IS E'it''s mine\nmakesafe.environment=${environment}';
      ALTER DATABASE ${database} CONNECTION LIMIT 17; ALTER DATABASE ${database} SET app.text = 'a b'`);

  test('a backup comes back as it was, in a database with the same attributes', async () => {
    await spoil();
    await changeAttributes();
    const before = await oid();
    const ran = await restore(`DUMP=${dump}`);
    await restored(ran);
    // It is at home: all of it is as it was when the backup was taken, and that was said before.
    expect(ran.stderr).toContain(`[info] it is a backup of ${environment} itself`);
    expect(ran.stderr).toContain(
      'of the database itself this changes: connectionLimit 17 → -1, settings, comment',
    );
    expect(ran.stderr).toMatch(
      /\[info\] taken\/.*\.dump: whole, custom format, .* \d+ tables, of PostgreSQL 17/,
    );
    expect(await oid()).not.toBe(before);
    expect(await db.sql(attributes)).toBe(`makesafe.environment=${environment}|-1|`);
    expect(await databases()).toBe(`${database} postgres template0 template1`);
  });

  test(
    'so do a compressed one, a plain dump, a compressed plain dump and a folder',
    { timeout: 300_000 },
    async () => {
      const text = await under.plain();
      const folder = await under.directory();
      scratch.write('dumps/plain.sql', text);
      for (const name of ['plain.sql', 'one.dump']) {
        const bytes = name === 'one.dump' ? readFileSync(scratch.path(dump)) : Buffer.from(text);
        writeFileSync(scratch.path(`dumps/${name}.gz`), gzipSync(bytes, { level: 1 }));
      }
      for (const given of ['dumps/one.dump.gz', 'dumps/plain.sql', 'dumps/plain.sql.gz', folder]) {
        if (given === undefined) continue;
        await spoil();
        await restored(await restore(`DUMP=${given}`));
      }
      await spoil();
      await changeAttributes();
      await restored(await restoreSql('SQL=dumps/plain.sql.gz'));
      // Nothing says that it belongs here: the database stays what it is.
      expect(await db.sql(attributes)).toMatch(/^it's mine[^|]*\|17\|\{"app\.text=a b"\}$/);
    },
  );

  test('any SQL is restored as well, and says that it has no revision', async () => {
    scratch.write(
      'seed.sql',
      `CREATE TABLE seed (a text);\nCOPY seed FROM stdin;\none\n\\N\n\\.\nINSERT INTO seed VALUES ('x');\n`,
    );
    const { status, stderr } = await restoreSql('SQL=seed.sql');
    expect(stderr).toContain('[info] it has no Alembic revision');
    expect(status).toBe(0);
    expect(await db.sql(`SELECT count(*), count(a) FROM seed`)).toBe('3|2');
    succeeded(await restore(`DUMP=${dump}`));
  });

  describe('is refused before the countdown, and touches nothing:', () => {
    const bad: [what: string, words: () => string, why: RegExp, status: number][] = [];
    const file =
      (name: string, make: () => Buffer | string): (() => string) =>
      () => {
        mkdirSync(scratch.path('bad'), { recursive: true });
        writeFileSync(scratch.path('bad', name), make());
        return `DUMP=bad/${name}`;
      };
    const bytes = (): Buffer => readFileSync(scratch.path(dump));
    const newer = (): Buffer => {
      const changed = bytes();
      changed.write('99', changed.indexOf('17.'), 'latin1');
      return changed;
    };
    const damaged = (): Buffer => {
      const changed = bytes();
      changed[changed.length >> 1]! ^= 1;
      return changed;
    };
    bad.push(
      [
        'a dump cut at 30 %',
        file('cut.dump', () => bytes().subarray(0, bytes().length * 0.3)),
        /it is cut/,
        78,
      ],
      [
        'one with a wrong byte',
        () => {
          const words = file('wrong.dump', damaged)();
          copyFileSync(scratch.path(`${dump}.json`), scratch.path('bad', 'wrong.dump.json'));
          return words;
        },
        /wrong\.dump: it is not what it was when it was taken/,
        78,
      ],
      ['a dump of a newer server', file('newer.dump', newer), /of a newer server: PostgreSQL 99\./, 77],
      ['a text file named .dump', file('text.dump', () => 'hello\n'), /neither an archive/, 78],
      ['an empty file', file('empty.dump', () => ''), /it is empty/, 78],
      ['no file', () => 'DUMP=bad/none.dump', /no such file/, 78],
      ['no DUMP', () => '', /DUMP=<file> is missing/, 64],
      [
        'no bootstrap script',
        () => `DUMP=${dump} BOOTSTRAP_ROLES_SQL=none.sql`,
        /none\.sql: no such file/,
        78,
      ],
    );
    test.each(bad)('%s', async (_what, words, why, status) => {
      const before = [await oid(), await databases()];
      const ran = await scratch.runTask(`restore-from-dump ${ENV} ${words()}`);
      expect(ran.stderr).toMatch(why);
      expect(ran.stderr).not.toMatch(/will be destroyed|Starting in/);
      expect(ran.status).toBe(status);
      expect([await oid(), await databases()]).toEqual(before);
      expect(await db.sql('SELECT count(*) FROM mart.suppliers')).toBe('500');
    });
  });

  test.each([
    [
      'a statement',
      `CREATE TABLE a (i int);\n\nINSERT INTO b VALUES (1);\n`,
      'line 3: relation "b" does not exist',
    ],
    [
      'data',
      `CREATE TABLE a (i int);\nCOPY a FROM stdin;\n1\nx\n\\.\n`,
      'invalid input syntax for type integer: "x"',
    ],
  ])('an error in the middle leaves the old one in use: %s', async (_what, sql, why) => {
    scratch.write('failing.sql', sql);
    const before = [await oid(), await databases()];
    const { status, stderr } = await restoreSql('SQL=failing.sql');
    expect(stderr).toContain('[error] the restore stopped at line');
    expect(stderr).toContain(why);
    expect(stderr).toContain(`the old database ${database} is in use, unchanged`);
    expect(stderr).not.toContain('[ok]');
    expect(status).toBe(1);
    expect([await oid(), await databases()]).toEqual(before);
    expect(await db.sql(CONTENT)).toBe(content);
  });

  test('JOBS=3 brings back every row of a table that it splits', async () => {
    await db.sql(
      `CREATE TABLE split AS SELECT n, CASE WHEN n % 7 <> 0 THEN E'\\\\.\\n' || n END AS text FROM generate_series(1, 200000) AS n`,
    );
    const rows = `SELECT count(*), sum(hashtext(split::text)) FROM split`;
    const before = await db.sql(rows);
    const { stdout } = await scratch.mustTask(`backup ${ENV} BACKUP_DIR=split`);
    await db.sql('TRUNCATE split');
    succeeded(await restore(`DUMP=${stdout.trim()} JOBS=3`));
    expect(await db.sql(rows)).toBe(before);
    await db.sql('DROP TABLE split');
  });

  test('an archive whose restore fails names the entry, and leaves the old one in use', async () => {
    // A view whose rows come from a setting that only one session had.
    await db.sql(
      `SET app.there = '1'; CREATE MATERIALIZED VIEW only_then AS SELECT current_setting('app.there')`,
    );
    const { stdout } = await scratch.mustTask(`backup ${ENV} BACKUP_DIR=failing`);
    await db.sql('DROP MATERIALIZED VIEW only_then');
    const before = [await oid(), await databases()];
    const { status, stderr } = await restore(`DUMP=${stdout.trim()}`);
    expect(stderr).toMatch(
      /\[error\] the restore stopped at MATERIALIZED VIEW DATA public\.only_then: unrecognized configuration/,
    );
    expect(stderr).toContain('REFRESH MATERIALIZED VIEW public.only_then');
    expect(stderr).toContain(`the old database ${database} is in use, unchanged`);
    expect(status).toBe(1);
    expect([await oid(), await databases()]).toEqual(before);
  });

  test.each(['', 'JOBS=3'])('so do rows that the server refuses %s', async (jobs) => {
    // Rows for several pieces, which only a session with that setting may write.
    await db.sql(`
      CREATE FUNCTION allowed() RETURNS boolean LANGUAGE sql AS $$ SELECT coalesce(current_setting('app.there', true), '') = '1' $$;
      CREATE TABLE written_then (n int CHECK (allowed())); SET app.there = '1';
      INSERT INTO written_then SELECT generate_series(1, 200000)`);
    const { stdout } = await scratch.mustTask(`backup ${ENV} BACKUP_DIR=refused`);
    await db.sql('DROP TABLE written_then; DROP FUNCTION allowed()');
    const before = [await oid(), await databases()];
    const { status, stderr } = await restore(`DUMP=${stdout.trim()} ${jobs}`);
    expect(stderr).toMatch(
      /\[error\] the restore stopped at TABLE DATA public\.written_then: new row for relation "written_then" violates check/,
    );
    expect(stderr).toContain(`the old database ${database} is in use, unchanged`);
    expect(status).toBe(1);
    expect([await oid(), await databases()]).toEqual(before);
  });

  /** A restore in the middle of a statement of ten minutes. */
  async function asleep(): Promise<{ running: Running; sessions: () => Promise<string> }> {
    scratch.write('slow.sql', 'CREATE TABLE a ();\nSELECT pg_sleep(600);\n');
    const running = scratch.startTask(`restore-from-sql ${ENV} WAIT=0 SQL=slow.sql`);
    const sessions = (): Promise<string> =>
      db.sql(
        `SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND pid <> pg_backend_pid()`,
      );
    await expect.poll(sessions, { timeout: 120_000, interval: 50 }).toBe('1');
    return { running, sessions };
  }

  test('Ctrl-C in the middle leaves the old one in use: 130', async () => {
    const before = [await oid(), await databases()];
    const { running, sessions } = await asleep();
    running.interrupt();
    const { status, stderr } = await running.ended;
    expect(stderr).toContain('the old database');
    expect(stderr).not.toContain('[ok]');
    expect(status).toBe(130);
    await expect.poll(sessions, { timeout: 120_000, interval: 50 }).toBe('0');
    expect(await oid()).toBe(before[0]);
    // A task leaves two seconds after Ctrl-C: what it could not remove by then it names, and the next one removes it.
    if ((await databases()) !== before[1])
      expect(stderr).toMatch(
        /left behind: \S*__new.*, half made, which the next (?:reset or )?restore removes/,
      );
  });

  test('after kill -9 in the middle the server ends the statement, and the old one is in use', async () => {
    const before = await oid();
    const { running, sessions } = await asleep();
    running.interrupt('SIGKILL');
    await running.ended;
    await expect.poll(sessions, { timeout: 120_000, interval: 50 }).toBe('0');
    expect(await oid()).toBe(before);
    await restored(await restore(`DUMP=${dump}`));
  });

  test('DRY_RUN=1 prints the plan, and touches nothing', async () => {
    const before = [await oid(), await databases()];
    const { status, stdout } = await restore(`DUMP=${dump} DRY_RUN=1`);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^CREATE DATABASE "?\w+__new"?/m);
    expect(stdout).toMatch(/^pg_restore --exit-on-error -d "\w+__new" < taken/m);
    expect(stdout).toMatch(/RENAME TO/);
    expect([await oid(), await databases()]).toEqual(before);
  });

  test('a dump of one environment goes into another, where the old one is kept, and can be brought back', async () => {
    const { environment: other, db: otherDb, database: otherDatabase } = guarded;
    await otherDb.sql('CREATE TABLE precious AS SELECT 42 AS x');
    const refused = await scratch.runTask(`restore-from-dump ENV=${other} DUMP=${dump} WAIT=0`);
    expect(refused.stderr).toContain(`DB restore on ${other} is BLOCKED`);
    expect(refused.status).toBe(77);
    const ran = succeeded(await scratch.runTask(`restore-from-dump ENV=${other} DUMP=${dump} FORCE=1`));
    expect(await otherDb.sql(CONTENT)).toBe(content);
    expect(ran.stderr).toMatch(new RegExp(`the old database is kept as ${otherDatabase}__old_\\S+, closed`));
    const undo = ran.stderr.match(/to bring it back: npx tsx tasks\/(db-undo-env)\.ts (ENV=\S+ FORCE=1)/)!;
    succeeded(await scratch.runTask(`${undo[1]} ${undo[2]}`));
    expect(await otherDb.sql('SELECT x FROM precious')).toBe('42');
  });

  describe('backup', () => {
    const listed = (folder: string): string[] => readdirSync(scratch.path(folder)).sort();

    test('KEEP removes the oldest of its environment and database only', async () => {
      const folder = 'kept';
      mkdirSync(scratch.path(folder));
      cpSync(scratch.path(dump), scratch.path(folder, 'foreign.dump'));
      const facts = JSON.parse(scratch.read(`${dump}.json`)) as object;
      scratch.write(`${folder}/foreign.dump.json`, JSON.stringify({ ...facts, environment: 'vm_other' }));
      const taken: string[] = [];
      for (let round = 0; round < 3; round++)
        taken.push((await scratch.mustTask(`backup ${ENV} BACKUP_DIR=${folder} KEEP=2`)).stdout.trim());
      const [first, ...rest] = taken.map((name) => name.slice(folder.length + 1));
      expect(listed(folder)).toEqual(
        ['foreign.dump', ...rest].flatMap((name) => [name, `${name}.json`]).sort(),
      );
      expect(listed(folder)).not.toContain(first);
    });

    test('backups lists them with age, size and revision, and notices one that was changed', async () => {
      const { stdout, stderr } = await scratch.mustTask(`backups ${ENV} BACKUP_DIR=kept`);
      expect(stdout.split('\n').filter((line) => line.includes(' whole '))).toHaveLength(2);
      expect(stdout).toMatch(/^\d+ s +[\d.]+ MB +\w+ +20251211_140000000 +whole +- +kept\//m);
      expect(stdout).not.toContain('foreign');
      expect(stderr).toContain(`[ok] 2 backups of ${environment}, all whole`);

      const newest = listed('kept')
        .filter((name) => name.endsWith('.dump'))
        .at(-1)!;
      const bytes = readFileSync(scratch.path('kept', newest));
      bytes[bytes.length >> 1]! ^= 1;
      writeFileSync(scratch.path('kept', newest), bytes);
      const json = await scratch.runTask(`backups ${ENV} BACKUP_DIR=kept JSON=1`);
      const { backups } = JSON.parse(json.stdout) as { backups: { file: string; verifies: boolean }[] };
      expect(backups.map(({ file, verifies }) => [file, verifies])).toContainEqual([`kept/${newest}`, false]);
      expect(backups.filter(({ verifies }) => verifies)).toHaveLength(1);
      expect(json.stderr).toContain(`not what they were when they were taken: kept/${newest}`);
      expect(json.status).toBe(1);
    });

    test('refuses a disk that is too small, and leaves nothing on one that fills up', async (context) => {
      const folder = join(scratch.outside, 'small');
      mkdirSync(folder);
      const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder]);
      if (mounted.status !== 0) return context.skip('mounting a tmpfs needs root');
      onTestFinished(() => void spawnSync('umount', [folder]));
      const tooSmall = await scratch.runTask(`backup ${ENV} BACKUP_DIR=${folder}`);
      expect(tooSmall.stderr).toMatch(
        /the backup may need [\d.]+ MB, and the disk of .*small has 1\.0 MB free/,
      );
      expect(tooSmall.status).toBe(1);
      expect(readdirSync(folder)).toEqual([]);
      // Facts of a much smaller one make it believe that there is room.
      const facts = { ...(JSON.parse(scratch.read(`${dump}.json`)) as object), size: 10, databaseSize: 1e9 };
      writeFileSync(join(folder, 'earlier.dump.json'), JSON.stringify(facts));
      writeFileSync(join(folder, 'earlier.dump'), '0123456789');
      const full = await scratch.runTask(`backup ${ENV} BACKUP_DIR=${folder}`);
      expect(full.stderr).toMatch(/cannot be written: ENOSPC/);
      expect(full.status).toBe(1);
      expect(readdirSync(folder).sort()).toEqual(['earlier.dump', 'earlier.dump.json']);
    });
  });
}
