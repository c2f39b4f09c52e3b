import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Asker } from '../helpers/database.ts';
import { succeeded, type Ran } from '../helpers/processes.ts';
import type { Scratch } from '../helpers/scratch.ts';

/** A kind of stack, as the tests that all kinds share see it. */
export interface StackUnderTest {
  readonly scratch: Scratch;
  /** An unprotected environment on it. */
  readonly environment: string;
  /** A protected one, which is never started. */
  readonly protectedEnvironment: string;
  readonly user: string;
  readonly database: string;
  /** Questions to the database, past the code under test. */
  readonly db: Asker;
  /** Something that changes whenever the server is started anew. */
  readonly server: () => Promise<string>;
  /** Somebody else runs the server: it can be neither stopped nor removed. */
  readonly foreign?: boolean;
}

const HEAD = '20251211_140000000';
const BEFORE_HEAD = '20251120_083000000';
const VERSIONS = 'app/backend/core_api/migrations/alembic/versions';

/**
 * What a shell, a URL, an env file, YAML, SQL or a connection string could read in its own way. No apostrophe: it
 * stands in those, because both readers of env files agree on nothing else for the rest of it.
 */
const PASSWORD = 'p "w" %40@:/\\$x${y}#;&é€パス\\n';

/** Tables, partitioned tables, views and materialized views of the application. */
const RELATIONS = `
  SELECT c.oid::regclass FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
  WHERE nspname IN ('mart', 'stg') AND relkind IN ('r', 'p', 'v', 'm') ORDER BY 1`;

/** All that belongs to the database itself and not to what is in it. */
const ATTRIBUTES = `
  SELECT pg_get_userbyid(datdba), pg_encoding_to_char(encoding), datcollate, datctype, datconnlimit,
         (SELECT array_agg(item::text ORDER BY item::text) FROM unnest(datacl) item),
         shobj_description(d.oid, 'pg_database'),
         (SELECT array_agg(setrole::regrole || ' ' || one ORDER BY 1) FROM pg_db_role_setting, unnest(setconfig) one
          WHERE setdatabase = d.oid)
  FROM pg_database d WHERE datname = current_database()`;

/**
 * What every target does, on whatever kind of stack: whole tasks, in the order of a working day. Each test begins with
 * what the one before it left.
 */
export function stackSuite(under: StackUnderTest): void {
  const { scratch, environment, database, user, db, foreign = false } = under;
  /** What a server of somebody else does not offer. */
  const own = foreign ? [] : ['down', 'restart', 'rebuild', 'db-reset-volume-env'];
  /** A test of what only a server of ours does: where it is somebody else's, there is nothing to skip. */
  const testOurs = (name: string, run: () => Promise<void>): void => {
    if (!foreign) test(name, run);
  };
  const resets = foreign ? ['db-reset-db-env'] : ['db-reset-volume-env', 'db-reset-db-env'];
  const printed: Ran[] = [];
  const task = async (words: string, env: Record<string, string> = {}): Promise<Ran> => {
    const ran = await scratch.runTask(`${words} ENV=${environment}`, { env });
    printed.push(ran);
    return ran;
  };
  const done = async (words: string): Promise<Ran> => succeeded(await task(words));
  const revision = (): Promise<string> => db.sql(`SELECT string_agg(version_num, ' ') FROM alembic_version`);

  beforeAll(() =>
    scratch.write(`secrets/.env.${environment}.secrets`, `POSTGRES_PASSWORD='${PASSWORD}'\n`, 0o600),
  );

  test('the runbook goes from nothing to a dumped schema at head', async () => {
    if (!foreign) succeeded(await scratch.runNpx(`db-reset-volume-env WAIT=0 ENV=${environment}`));
    const up = succeeded(await scratch.runNpx(`up ENV=${environment}`));
    printed.push(up);
    expect(up.stderr).toContain(`[ok] ${environment}: database ${database} answers`);
    expect(up.stderr).toContain(`[next] npx tsx tasks/db-bootstrap-roles-env.ts ENV=${environment}`);
    await done('db-bootstrap-roles-env');
    await done('al-up-env');
    const current = await done('al-cur-env');
    expect(current.stdout).toContain(`${HEAD} (head)`);
    expect(current.stderr).toContain(`[ok] ${environment} is at head (${HEAD})`);
    await done('db-dump-schema-env OUT=backups/first.sql');
    expect(scratch.read('backups/first.sql')).toContain(
      'CREATE MATERIALIZED VIEW mart.mv_receive_daily_summary',
    );
  });

  test('the database is as the official image makes it', async () => {
    const facts = `SELECT pg_encoding_to_char(encoding), datcollate, datctype, pg_get_userbyid(datdba),
        current_setting('timezone'), split_part(current_setting('server_version'), '.', 1)
      FROM pg_database WHERE datname = current_database()`;
    expect(await db.sql(facts)).toBe(`UTF8|C.UTF-8|C.UTF-8|${user}|Asia/Tokyo|17`);
    expect(await db.sql(`SELECT string_agg(datname, ' ' ORDER BY datname) FROM pg_database`)).toBe(
      [database, 'postgres', 'template0', 'template1'].join(' '),
    );
  });

  test('app_readonly reads every relation of mart and stg, and writes nothing', async () => {
    const relations = (await db.sql(RELATIONS)).split('\n');
    expect(relations).toContain('mart.mv_receive_daily_summary');
    expect(relations.length).toBeGreaterThan(12);
    await db.sql(['SET ROLE app_readonly;', ...relations.map((name) => `SELECT FROM ${name};`)].join('\n'));

    const writable = `SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
      WHERE nspname IN ('mart', 'stg', 'public') AND (
        relkind IN ('r', 'p', 'v', 'm') AND has_table_privilege('app_readonly', c.oid,
          'INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
        OR relkind = 'S' AND has_sequence_privilege('app_readonly', c.oid, 'USAGE, UPDATE'))`;
    expect(await db.sql(writable)).toBe('0');
    const write = `SET ROLE app_readonly; INSERT INTO mart.suppliers VALUES ('s', 'S')`;
    expect(await db.refusal(write)).toContain('permission denied for table suppliers');
    expect(await db.refusal('SET ROLE app_readonly; CREATE TABLE stg.t ()')).toContain('permission denied');
  });

  test('another dump has the same bytes, in a file and on standard output', async () => {
    const first = scratch.read('backups/first.sql');
    const [, standard] = await Promise.all([
      done('db-dump-schema-env OUT=backups/second.sql'),
      done('db-dump-schema-env OUT=-'),
    ]);
    expect(scratch.read('backups/second.sql')).toBe(first);
    expect(standard.stdout).toBe(first);
  });

  test('db-bootstrap-roles-env comes again when somebody else changes the same rights meanwhile', async () => {
    const until = (condition: string): string =>
      `FOR i IN 1..400 LOOP EXIT WHEN ${condition}; PERFORM pg_sleep(0.05); END LOOP;`;
    const waits = `EXISTS (SELECT FROM pg_locks WHERE locktype = 'transactionid' AND NOT granted)`;
    const other = db.sql(
      `DO $$ BEGIN GRANT USAGE ON SCHEMA mart TO app_readonly; ${until(waits)} ASSERT ${waits}; END $$`,
    );
    const granted = `SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND query LIKE '%ASSERT%'`;
    await expect.poll(() => db.sql(granted)).toBe('1');
    const [{ stderr }] = await Promise.all([done('db-bootstrap-roles-env'), other]);
    expect(stderr).toContain('[info] somebody else changed the same rights at the same time: once more');
    expect(stderr).toContain(`[ok] ${environment}: roles and rights are set`);
  });

  test.each([
    ['', 3],
    ['\\set ON_ERROR_STOP 0', 3],
    ['\\set ON_ERROR_STOP on', 1],
  ])('db-bootstrap-roles-env counts what failed and names the lines (%j: %i)', async (setting, count) => {
    const file = 'scripts/db/failing.sql';
    const script = [
      setting,
      "-- it's a comment; not a statement",
      'CREATE TABLE IF NOT EXISTS first_of_script ();',
      'GRANT SELECT ON absent TO app_readonly;',
      'DO $$',
      'BEGIN',
      "  RAISE EXCEPTION 'not; today';",
      'END $$;',
      `DO $$ BEGIN RAISE WARNING 'ERROR: only a warning'; END $$;`,
      'CREATE TABLE last_of_script (',
      "  t text DEFAULT E'it\\'s;'",
      ');',
      'DROP TABLE first_of_script, last_of_script; nonsense',
      '',
    ];
    scratch.write(file, script.join('\n'));
    const { status, stderr } = await task(`db-bootstrap-roles-env BOOTSTRAP_ROLES_SQL=${file}`);
    const failures = [...stderr.matchAll(/failing\.sql:(\d+): (.*)/g)].map(([, line, message]) => [
      line,
      message,
    ]);
    const expected = [
      ['4', expect.stringContaining('relation "absent" does not exist')],
      ['8', expect.stringContaining('not; today')],
      ['13', expect.stringContaining('syntax error at or near "nonsense"')],
    ];
    expect(failures).toEqual(expected.slice(0, count));
    expect(stderr).toContain(`[error] ${count} statement${count === 1 ? '' : 's'} failed:`);
    expect(stderr).not.toContain('[ok]');
    expect(status).toBe(1);
    // Run to its end, the script has taken away what it made.
    const left = await db.sql(`SELECT to_regclass('first_of_script'); DROP TABLE IF EXISTS first_of_script`);
    expect(left).toBe(count === 3 ? '' : 'first_of_script');
  });

  test('backup is a whole dump with its facts beside it, readable by its owner only', async () => {
    await db.sql(`INSERT INTO mart.suppliers SELECT n, 'Supplier ' || n FROM generate_series(1, 500) n`);
    const started = Date.now();
    const { stdout, stderr } = await done('backup BACKUP_DIR=backups/taken');
    const file = stdout.trim();
    expect(dirname(file)).toBe('backups/taken');
    expect(basename(file)).toMatch(new RegExp(`^${environment}_${database}_\\d{8}_\\d{6}\\.dump$`));
    expect(stderr).toContain('and was read back to its end');
    expect(readdirSync(scratch.path('backups/taken')).sort()).toEqual([
      basename(file),
      `${basename(file)}.json`,
    ]);

    const bytes = readFileSync(scratch.path(file));
    expect(bytes.toString('latin1', 0, 5)).toBe('PGDMP');
    const facts = JSON.parse(scratch.read(`${file}.json`)) as { time: string };
    expect(facts).toMatchObject({
      rows: { 'mart.suppliers': 500, 'public.alembic_version': 1 },
      contents: expect.any(Number) as number,
      home: expect.any(Object) as object,
      environment,
      database,
      serverVersion: await db.sql(`SELECT current_setting('server_version')`),
      revisions: [HEAD],
      format: 'custom',
      tables: expect.any(Number) as number,
      databaseSize: expect.any(Number) as number,
      databaseOid: await db.sql('SELECT oid FROM pg_database WHERE datname = current_database()'),
      systemIdentifier: await db.sql('SELECT system_identifier FROM pg_control_system()'),
      size: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      time: expect.any(String) as string,
    });
    expect(Math.abs(Date.parse(facts.time) - started)).toBeLessThan(60_000);
    for (const one of [file, `${file}.json`]) expect(statSync(scratch.path(one)).mode & 0o777).toBe(0o600);
  });

  describe('shows', () => {
    test('with ps what runs', async () => {
      expect((await done('ps')).stdout).toMatch(/\bdb\b/);
    });

    testOurs('with logs what the server said, as many lines as asked for', async () => {
      const [all, last, unknown] = await Promise.all([
        done('logs S=db'),
        done('logs S=db TAIL=1'),
        task('logs S=nonsense'),
      ]);
      expect(all.stdout).toContain('database system is ready to accept connections');
      expect(last.stdout.trim().split('\n')).toHaveLength(1);
      expect(unknown.stderr).toContain('has no service nonsense');
      expect(unknown.stderr).toMatch(/services: .*\bdb\b/);
      expect(unknown.status).toBe(78);
    });

    test('with health that all is well, as text and as JSON', async () => {
      const [text, json] = await Promise.all([done('health'), done('health JSON=1')]);
      expect(text.stdout).toMatch(/^✓ db +running/m);
      expect(text.stdout).toMatch(
        new RegExp(`^✓ database ${database} +PostgreSQL 17.* answers in \\d+ ms$`, 'm'),
      );
      expect(text.stderr).toContain(`[ok] ${environment} is healthy`);
      const { services } = JSON.parse(json.stdout) as { services: { service: string; healthy: boolean }[] };
      expect(services.map(({ service }) => service)).toEqual(
        expect.arrayContaining(['db', `database ${database}`]),
      );
      expect(services.every(({ healthy }) => healthy)).toBe(true);
    });

    test('with check that nothing is missing', async () => {
      const { stdout } = await done('check');
      expect(stdout).toMatch(/^✓ configuration /m);
      expect(stdout).toMatch(/^✓ engine /m);
      expect(stdout).toMatch(new RegExp(`^✓ database reachable +${database} on PostgreSQL 17`, 'm'));
      expect(stdout).toMatch(new RegExp(`^✓ marker +marked for ${environment}$`, 'm'));
      expect(stdout).not.toMatch(/^✗/m);
    });

    test('with config how it runs, without the password', async () => {
      const { stdout } = await done('config');
      expect(stdout).toContain(`POSTGRES_DB: ${database}`);
      expect(stdout).toMatch(/POSTGRES_PASSWORD: ["']?\*+/);
      expect(stdout).not.toContain('é€');
    });
  });

  describe('Alembic', () => {
    test('al-heads-env and al-hist-env list the head and every revision', async () => {
      const [heads, history] = await Promise.all([done('al-heads-env'), done('al-hist-env')]);
      expect(heads.stdout.trim()).toBe(`${HEAD} (head)`);
      const revisions = readdirSync(scratch.path(VERSIONS)).filter((file) => file.endsWith('.py'));
      expect(revisions.length).toBeGreaterThan(12);
      for (const file of revisions) expect(history.stdout).toContain(file.slice(0, HEAD.length));
    });

    test('al-down-env goes one step, and al-cur-env says that this is not head', async () => {
      await done('al-down-env');
      expect(await revision()).toBe(BEFORE_HEAD);
      const { stderr } = await done('al-cur-env');
      expect(stderr).toContain(`[warn] ${environment} is at ${BEFORE_HEAD}, not at head (${HEAD})`);
      expect(stderr).toContain(`[next] npx tsx tasks/al-up-env.ts ENV=${environment}`);
      expect(stderr).not.toContain('[ok]');
    });

    test('a migration that fails keeps the status of alembic and the revision before it', async () => {
      await db.sql('ALTER MATERIALIZED VIEW mart.mv_receive_daily_summary RENAME TO hidden');
      const { status, stderr } = await task('al-up-env');
      await db.sql('ALTER MATERIALIZED VIEW mart.hidden RENAME TO mv_receive_daily_summary');
      expect(stderr).toContain('mart.mv_receive_daily_summary does not exist');
      expect(stderr).toContain(
        `[error] revision 20251211_140000000 failed; ${database} is at ${BEFORE_HEAD}\n`,
      );
      expect(stderr).toMatch(
        /^ +file +app\/backend\/.*recreate_v_receive_weekly_monthly\.py, line \d+, in _check_mv_exists$/m,
      );
      expect(stderr).not.toContain('[ok]');
      expect(status).toBe(1);
      expect(await revision()).toBe(BEFORE_HEAD);
    });

    test('so does a revision that does not exist', async () => {
      const { status, stderr } = await task('al-up-env REV=nowhere');
      expect(stderr).toContain(`Can't locate revision identified by 'nowhere'`);
      expect(stderr).toContain(`[error] alembic failed; ${database} is at ${BEFORE_HEAD}\n`);
      expect(status).toBe(255);
      expect(await revision()).toBe(BEFORE_HEAD);
    });

    test('al-stamp-env marks the database without migrating it, and al-up-env goes on from there', async () => {
      const tables = () => db.sql('SELECT count(*) FROM pg_class');
      const before = await tables();
      await done('al-stamp-env REV=head');
      expect(await revision()).toBe(HEAD);
      expect(await tables()).toBe(before);
      await done(`al-stamp-env REV=${BEFORE_HEAD}`);
      await done('al-up-env');
      expect(await revision()).toBe(HEAD);
    });
  });

  /** All that a task could change: the server, what is in it, and every file of the project. */
  const state = async (): Promise<unknown> => ({
    server: await under.server(),
    databases: await db.sql(`SELECT datname, oid FROM pg_database ORDER BY oid`),
    roles: await db.sql(`SELECT string_agg(rolname, ' ' ORDER BY oid) FROM pg_roles`),
    rows: await db.sql(`SELECT count(*), (SELECT count(*) FROM pg_class) FROM mart.suppliers`),
    revision: await revision(),
    files: readdirSync(scratch.root, { recursive: true, encoding: 'utf8' })
      .filter((file) => !/^(node_modules|journal$|\.embedded\/[^/]+\/)/.test(file))
      .map((file) => `${file} ${statSync(scratch.path(file)).mtimeMs}`),
  });

  test('DRY_RUN=1 prints a plan for each task that changes something, and touches nothing', async () => {
    const before = await state();
    const tasks = [
      ...['up', ...own, 'db-reset-db-env', 'db-bootstrap-roles-env'],
      ...['db-dump-schema-env OUT=backups/dry.sql', 'backup BACKUP_DIR=backups/dry'],
      ...['al-up-env', 'al-down-env', 'al-stamp-env REV=base'],
    ];
    const runs = tasks.map(async (words) => {
      const { status, stdout, stderr } = await task(`${words} DRY_RUN=1`);
      expect.soft(status, `${words}: ${stderr}`).toBe(0);
      expect.soft(stdout.trim(), words).not.toBe('');
      expect.soft(stderr, words).not.toContain('[ok]');
    });
    await Promise.all(runs);
    expect(await state()).toEqual(before);
  });

  describe('the guard', () => {
    let before: unknown;
    beforeAll(async () => {
      before = await state();
    });
    afterAll(async () => {
      expect(await state()).toEqual(before);
    });

    test.each<[words: string, what: string, env: Record<string, string>]>([
      ['db-reset-volume-env', 'DB reset', {}],
      ['db-reset-db-env', 'DB reset', { FORCE: '1' }],
      ['al-down-env', 'Downgrade', { FORCE: '1' }],
      ['al-stamp-env REV=head', 'Stamping', {}],
    ])('blocks %s on a protected environment (%s), exported is %j: 77', async (words, what, env) => {
      const command = `${words} ENV=${under.protectedEnvironment}`;
      const { status, stderr } = await scratch.runTask(command, { env });
      expect(stderr).toContain(`❌  ERROR: ${what} on ${under.protectedEnvironment} is BLOCKED`);
      if ('FORCE' in env) expect(stderr).toContain('FORCE=1 is exported in your shell');
      expect(status).toBe(77);
    });

    test('refuses a protected environment whose database cannot be read, with FORCE=1 typed: 77', async () => {
      const words = `${resets[0]} ENV=${under.protectedEnvironment} FORCE=1 WAIT=0`;
      const { status, stderr } = await scratch.runTask(words);
      expect(stderr).toContain('neither its marker nor a backup can be had');
      expect(status).toBe(77);
    });

    test('does not take an exported ENV: 64', async () => {
      const { status, stderr } = await scratch.runTask('db-reset-db-env WAIT=0', {
        env: { ENV: environment },
      });
      expect(stderr).toContain(`ENV=${environment} is exported in your shell`);
      expect(status).toBe(64);
    });

    test.each(resets)(
      '%s shows what it will destroy, and Ctrl-C in the countdown leaves all as it was: 130',
      async (words) => {
        const running = scratch.startTask(`${words} ENV=${environment}`);
        await running.printed('Starting in 5');
        running.interrupt();
        const { status, stderr } = await running.ended;
        expect(stderr).toMatch(new RegExp(`^ +environment +${environment}$`, 'm'));
        expect(stderr).toMatch(/^ +storage +(folder|volume|kept by the server at) \S+/m);
        expect(stderr).toMatch(new RegExp(`^ +database +${database} of ${user}, `, 'm'));
        expect(stderr).not.toContain('[ok]');
        expect(status).toBe(130);
      },
    );
  });

  testOurs('down stops the server and leaves all dumps alone; up brings the data back', async () => {
    const [before, dumped] = [await under.server(), scratch.read('backups/first.sql')];
    await done('down');
    await expect(db.sql('SELECT 1')).rejects.toThrow();
    const [health, dump] = await Promise.all([
      task('health'),
      task('db-dump-schema-env OUT=backups/first.sql'),
    ]);
    expect(health.stdout).toContain('✗ db ');
    expect(health.status).toBe(1);
    expect(dump.stderr).toContain('is not running');
    expect(dump.stderr).toMatch(new RegExp(`\\[next\\] .*up.*ENV=${environment}`));
    expect(dump.status).toBe(69);
    expect(scratch.read('backups/first.sql')).toBe(dumped);

    await done('up');
    expect(await under.server()).not.toBe(before);
    expect(await db.sql('SELECT count(*) FROM mart.suppliers')).toBe('500');
    const running = await under.server();
    await done('up');
    expect(await under.server()).toBe(running);
  });

  test('db-reset-db-env empties the database while clients reconnect, and keeps what belongs to it', async () => {
    const marker = `makesafe.environment=${environment}`;
    await db.sql(`
      COMMENT ON DATABASE ${database} IS 'it''s "mine" \\ 100%\n${marker}';
      ALTER DATABASE ${database} CONNECTION LIMIT 17;
      ALTER DATABASE ${database} SET search_path TO "Mixed Case", public;
      ALTER DATABASE ${database} SET "app.text" TO 'it''s';
      ALTER ROLE app_readonly IN DATABASE ${database} SET statement_timeout TO '7s';
      REVOKE TEMPORARY ON DATABASE ${database} FROM PUBLIC;
      GRANT CREATE ON DATABASE ${database} TO app_readonly WITH GRANT OPTION`);
    const before = await db.sql(ATTRIBUTES);
    expect(before).toContain('|17|');
    expect(before).toContain('app_readonly=C*/');
    const reset = { done: false };
    const client = async (): Promise<number> => {
      let sessions = 0;
      // Each session holds on until it is ended.
      while (!reset.done)
        await db.sql('SELECT pg_sleep(0.5)').then(
          () => (sessions += 1),
          () => {},
        );
      return sessions;
    };
    const clients = [client(), client(), client()];
    const { status, stderr } = await task('db-reset-db-env WAIT=0').finally(() => (reset.done = true));
    const sessions = await Promise.all(clients);
    expect(stderr).toContain(`[ok] ${environment}: database ${database} is new and empty`);
    expect(status).toBe(0);
    expect(Math.min(...sessions)).toBeGreaterThan(0);
    expect(await db.sql(ATTRIBUTES)).toBe(before);
    expect(await db.sql(`SELECT to_regnamespace('mart') IS NULL, count(*) FROM pg_database`)).toBe('t|4');
  });

  testOurs('db-reset-volume-env removes every row and role, and up begins anew', async () => {
    await db.sql('CREATE TABLE public.kept AS SELECT 42 AS x');
    const { stderr } = await done('db-reset-volume-env WAIT=0');
    expect(stderr).toMatch(new RegExp(`\\[ok\\] ${environment}: .* are gone`));
    await expect(db.sql('SELECT 1')).rejects.toThrow();
    await done('up');
    const left = `SELECT to_regclass('public.kept') IS NULL, count(*), (SELECT count(*) FROM pg_database)
      FROM pg_roles WHERE rolname = 'app_readonly'`;
    expect(await db.sql(left)).toBe('t|0|4');
  });

  test('none of this prints the password', () => {
    expect(printed.length).toBeGreaterThan(30);
    const all = printed.map(({ stdout, stderr }) => stdout + stderr).join('');
    for (const form of [
      PASSWORD,
      encodeURIComponent(PASSWORD),
      Buffer.from(PASSWORD).toString('base64'),
      'é€',
    ]) {
      expect(all).not.toContain(form);
    }
  });
}
