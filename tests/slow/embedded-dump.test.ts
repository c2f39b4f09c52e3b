import { existsSync } from 'node:fs';
import { beforeAll, describe, expect, test, type TestContext } from 'vitest';
import { PATIENCE, connect, localAsker, useEmbedded } from '../helpers/embedded.ts';
import { must, run } from '../helpers/processes.ts';

const ENV = 'ENV=local_demo';
const ARGUMENTS = ['--schema-only', '--no-owner', '--no-acl'];

describe('the WebAssembly pg_dump', () => {
  const scratch = useEmbedded();
  const { sql } = localAsker(scratch);

  beforeAll(async () => {
    await scratch.mustTask(`up ${ENV}`);
    await scratch.mustTask(`al-up-env ${ENV}`);
  }, PATIENCE);

  const dump = async (words = ''): Promise<string> =>
    (await scratch.mustTask(`db-dump-schema-env OUT=- ${words} ${ENV}`)).stdout;

  /** A native dump of the same database, by what this machine has of the same major version. */
  async function native(context: TestContext): Promise<string> {
    const pgDump = await nativePgDump();
    if (typeof pgDump === 'string') return context.skip(pgDump);
    const { port } = scratch.server();
    const where = ['-h', '127.0.0.1', '-p', String(port), '-U', 'app_demo', '-d', 'core_demo'];
    const env = { PGPASSWORD: scratch.password(), PGTZ: 'UTC' };
    return `${await must([...pgDump, ...ARGUMENTS, ...where], { env })}\n`;
  }

  /** Lines of one that the other does not have in its place, without those that name the program that wrote them. */
  function difference(ours: string, theirs: string): unknown[] {
    const noise = /^(-- Dumped by pg_dump version .*|\\(un)?restrict \w{63,64})$/;
    const lines = (text: string): string[] => text.trimEnd().split('\n');
    const [own, other] = [lines(ours), lines(theirs)];
    return Array.from({ length: Math.max(own.length, other.length) }, (_, line) => [
      own[line],
      other[line],
    ]).filter(([one = '', two = '']) => one !== two && !(noise.test(one) && noise.test(two)));
  }

  test('writes what the native one writes, of the application', async (context) => {
    const theirs = await native(context);
    const ours = await dump('RAW=1');
    expect(difference(ours, theirs).slice(0, 5)).toEqual([]);
    expect(ours.split('\n').length).toBeGreaterThan(300);
  });

  test('and of functions, partitions, comments, odd names and 200 tables', async (context) => {
    const client = await connect(scratch);
    for (const statement of EVERYTHING) await client.query(statement);
    await client.end();
    const theirs = await native(context);
    const ours = await dump('RAW=1');
    expect(difference(ours, theirs).slice(0, 5)).toEqual([]);
    expect(ours.match(/^CREATE TABLE /gm)!.length).toBeGreaterThan(200);
  });

  test('of the whole database is one that the native pg_restore can restore', async (context) => {
    const pgRestore = await nativePgDump('pg_restore');
    if (typeof pgRestore === 'string') return context.skip(pgRestore);
    await sql(`INSERT INTO mart.suppliers SELECT n, E'it''s\\t\\\\ ' || n FROM generate_series(1, 3000) n;
      SELECT lo_from_bytea(4242, sha256('large'))`);
    const { stdout } = await scratch.mustTask(`backup ${ENV}`);
    const file = scratch.path(stdout.trim());
    // Through a shell, because the file is for its standard input.
    const list = await must(['sh', '-c', `exec ${pgRestore.join(' ')} --list < '${file}'`]);
    expect(list).toContain('TABLE DATA mart suppliers');
    await sql('CREATE DATABASE restored TEMPLATE template0', 'postgres');
    const where = [
      '-h',
      '127.0.0.1',
      '-p',
      String(scratch.server().port),
      '-U',
      'app_demo',
      '-d',
      'restored',
      '-e',
    ];
    const env = { PGPASSWORD: scratch.password() };
    await must(['sh', '-c', `exec ${[...pgRestore, ...where].join(' ')} < '${file}'`], { env });
    const rows = `SELECT md5(string_agg(s::text, ',' ORDER BY s::text)), (SELECT lo_get(4242)) FROM mart.suppliers s`;
    expect(await sql(rows, 'restored')).toBe(await sql(rows));
  });

  test('larger than any pipe comes whole, also to a reader that takes its time', async () => {
    await sql(`CREATE TABLE large AS SELECT n, sha512(n::text::bytea) FROM generate_series(1, 30000) n`);
    const { stdout } = await scratch.mustTask(`backup ${ENV}`);
    const facts = JSON.parse(scratch.read(`${stdout.trim()}.json`)) as { size: number };
    expect(facts.size).toBeGreaterThan(1_500_000);

    // More text than a pipe takes at once, and nobody reads it for a second.
    await sql(
      `DO $$ BEGIN EXECUTE format('COMMENT ON TABLE large IS %L', repeat('0123456789abcde' || chr(10), 100000)); END $$`,
    );
    const task = [
      process.execPath,
      '--import',
      import.meta.resolve('tsx'),
      'tasks/db-dump-schema-env.ts',
      'OUT=-',
      ENV,
    ];
    const slow = `"$@" | (sleep 3; cat)`;
    const text = await must(['bash', '-c', `set -o pipefail; ${slow}`, 'bash', ...task], {
      cwd: scratch.root,
    });
    expect(text.split('0123456789abcde\n')).toHaveLength(100_001);
    expect(text).toMatch(/-- PostgreSQL database dump complete\n--\n*$/);
    await sql('DROP TABLE large');
  });

  test('writes the same bytes whatever the clocks and languages are set to', async () => {
    const before = await dump();
    await sql(`ALTER DATABASE core_demo SET timezone TO 'America/New_York';
      ALTER DATABASE core_demo SET datestyle TO 'German';
      ALTER DATABASE core_demo SET lc_messages TO 'C';
      ALTER DATABASE core_demo SET search_path TO mart, "Odd ""name"" 日本"`);
    expect(await dump()).toBe(before);
  });

  const LAST_GOOD = '--\n-- PostgreSQL database dump\n--\n\n--\n-- PostgreSQL database dump complete\n--\n';

  test('that fails in the middle says why, and leaves OUT and no backup: 1', async () => {
    await sql(
      `CREATE TABLE public.broken (); UPDATE pg_class SET relnamespace = 99999 WHERE relname = 'broken'`,
    );
    scratch.write('dumps/schema.sql', LAST_GOOD);
    const [schema, backup] = await Promise.all([
      scratch.runTask(`db-dump-schema-env OUT=dumps/schema.sql ${ENV}`),
      scratch.runTask(`backup BACKUP_DIR=none ${ENV}`),
    ]);
    await sql(`UPDATE pg_class SET relnamespace = 2200 WHERE relname = 'broken'; DROP TABLE public.broken`);
    for (const { status, stderr } of [schema, backup]) {
      expect(stderr).toContain('schema with OID 99999 does not exist');
      expect(stderr).not.toContain('[ok]');
      expect(status).toBe(1);
    }
    expect(scratch.read('dumps/schema.sql')).toBe(LAST_GOOD);
    const left = await must([
      'find',
      scratch.root,
      '-name',
      '*.dump*',
      '-newer',
      scratch.path('dumps/schema.sql'),
    ]);
    expect(left).toBe('');
  });

  test('whose server dies under way says so, and does not wait for ever', async () => {
    const client = await connect(scratch);
    // pg_dump waits for this table.
    await client.query('BEGIN; LOCK TABLE mart.suppliers IN ACCESS EXCLUSIVE MODE');
    const running = scratch.startTask(`db-dump-schema-env OUT=dumps/schema.sql ${ENV}`);
    const waiting = `SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'LOCK TABLE%'`;
    await expect.poll(() => sql(waiting), { interval: 20 }).toBe('1');
    await scratch.killServer();
    const { status, stderr } = await running.ended;
    await client.end().catch(() => {});
    // First of all: the tests below need the server.
    await scratch.mustTask(`up ${ENV}`);
    expect(stderr).toContain('[error] pg_dump failed');
    expect(status).toBe(69);
    expect(scratch.read('dumps/schema.sql')).toBe(LAST_GOOD);
  });

  test.each([
    ['\\i other.sql', '\\i'],
    ['\\if true', '\\if'],
    ['\\set name value', '\\set'],
    ['SELECT 1 \\gexec', '\\gexec'],
  ])(
    'db-bootstrap-roles-env refuses %s by name and line, before anything is run: 78',
    async (command, name) => {
      scratch.write('script.sql', `\\set ON_ERROR_STOP 0\nCREATE ROLE never;\n${command}\n`);
      const words = `db-bootstrap-roles-env BOOTSTRAP_ROLES_SQL=script.sql ${ENV}`;
      const { status, stderr } = await scratch.runTask(words);
      expect(stderr).toContain(`line 3: ${name} is a command of psql`);
      expect(status).toBe(78);
      expect(await sql(`SELECT count(*) FROM pg_roles WHERE rolname = 'never'`)).toBe('0');
    },
  );
});

/**
 * A native program of PostgreSQL 17: of this machine, else of the postgres:17 image.
 *
 * @returns the command, or why there is none
 */
async function nativePgDump(program = 'pg_dump'): Promise<string[] | string> {
  for (const file of [`/usr/lib/postgresql/17/bin/${program}`, program]) {
    if (file.startsWith('/') && !existsSync(file)) continue;
    const { status, stdout } = await run([file, '--version']).catch(() => ({ status: 1, stdout: '' }));
    if (status === 0 && / 17\./.test(stdout)) return [file];
  }
  const image = await run(['docker', 'image', 'inspect', 'postgres:17']).catch(() => ({ status: 1 }));
  if (image.status !== 0) return `neither ${program} 17 nor an engine with postgres:17 on this machine`;
  return [
    'docker',
    'run',
    '--rm',
    '-i',
    '--network',
    'host',
    '-e',
    'PGPASSWORD',
    '-e',
    'PGTZ',
    '--entrypoint',
    program,
    'postgres:17',
  ];
}

/** One of each kind that a schema can hold, as far as the server's own languages and types go. */
const EVERYTHING = [
  `CREATE SCHEMA "Odd ""name"" 日本"; SET search_path TO "Odd ""name"" 日本", public`,
  `CREATE TYPE mood AS ENUM ('sad', 'it''s ok', '日本')`,
  `CREATE TYPE pair AS (a int, "B c" text COLLATE "C")`,
  `CREATE DOMAIN positive AS int DEFAULT 1 CONSTRAINT "is it?" CHECK (VALUE > 0)`,
  `CREATE TYPE span AS RANGE (subtype = float8, subtype_diff = float8mi)`,
  `CREATE SEQUENCE "s'q" START 5 INCREMENT -2 MINVALUE -100 MAXVALUE 10 CYCLE`,
  `CREATE TABLE "it's ""quoted"";" (
     id bigint GENERATED ALWAYS AS IDENTITY (START 7), "select" text DEFAULT E'a\\nb''c\\\\', m mood, p pair[],
     total int GENERATED ALWAYS AS (id * 2) STORED, d positive, j jsonb DEFAULT '{"a": "\\\\"}'::jsonb,
     CONSTRAINT pk PRIMARY KEY (id) INCLUDE ("select"), UNIQUE NULLS NOT DISTINCT ("select") DEFERRABLE,
     EXCLUDE USING gist (int4range(0, d) WITH &&))`,
  `ALTER TABLE "it's ""quoted"";" ALTER COLUMN "select" SET STATISTICS 500, ALTER COLUMN j SET STORAGE EXTERNAL`,
  `CREATE TABLE events (at timestamptz NOT NULL, kind text, n int) PARTITION BY RANGE (at)`,
  `CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2025-01-01 00:00+09') TO ('2025-07-01 00:00+09')`,
  `CREATE TABLE events_2 PARTITION OF events DEFAULT PARTITION BY LIST (kind)`,
  `CREATE TABLE events_2_a PARTITION OF events_2 FOR VALUES IN ('a', NULL) PARTITION BY HASH (n)`,
  `CREATE TABLE events_2_a_0 PARTITION OF events_2_a FOR VALUES WITH (MODULUS 2, REMAINDER 0)`,
  `CREATE INDEX ON events (kind, n DESC NULLS LAST) WHERE n > 0`,
  `CREATE TABLE child (extra text) INHERITS ("it's ""quoted"";")`,
  `CREATE FUNCTION body(a int DEFAULT 1, VARIADIC b text[] DEFAULT '{}') RETURNS text LANGUAGE plpgsql AS $f$
-- Name: not a header; Type: TABLE; Schema: -; Owner: -
BEGIN RETURN '
\\restrict not-a-token
' || $$it's; $$ || E'\\\\' || a; END $f$`,
  `CREATE FUNCTION atomic(a int) RETURNS TABLE (n int, t text) BEGIN ATOMIC
     SELECT CASE WHEN a > 0 THEN 1 ELSE 2 END, 'x;'; SELECT a, 'y'; END`,
  `CREATE PROCEDURE work(INOUT a int) LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS 'BEGIN a := 1; END'`,
  `CREATE AGGREGATE together(text) (SFUNC = textcat, STYPE = text, INITCOND = '')`,
  `CREATE FUNCTION equal(int, int) RETURNS bool IMMUTABLE STRICT LANGUAGE sql AS 'SELECT $1 = $2'`,
  `CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = equal, COMMUTATOR = ===)`,
  `CREATE VIEW seen WITH (security_barrier) AS SELECT id, "select" FROM "it's ""quoted"";" WITH LOCAL CHECK OPTION`,
  `CREATE MATERIALIZED VIEW kept AS SELECT count(*) AS n FROM seen WITH NO DATA`,
  `CREATE UNIQUE INDEX "in'dex" ON kept (n)`,
  `CREATE RULE twice AS ON INSERT TO child DO ALSO (DELETE FROM events; NOTIFY done)`,
  `CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'`,
  `CREATE TRIGGER "on'e" BEFORE UPDATE OF kind ON events FOR EACH ROW WHEN (OLD.n > 1) EXECUTE FUNCTION touch('a''b')`,
  `ALTER TABLE child ENABLE ROW LEVEL SECURITY; CREATE POLICY "so me" ON child FOR SELECT USING (id > 0)`,
  `CREATE STATISTICS dep (dependencies, mcv) ON kind, n FROM events`,
  `CREATE COLLATION ja (provider = icu, locale = 'ja-JP')`,
  `CREATE TEXT SEARCH CONFIGURATION plain (COPY = simple)`,
  `CREATE FOREIGN DATA WRAPPER other; CREATE SERVER far FOREIGN DATA WRAPPER other OPTIONS (host 'it''s')`,
  `CREATE FOREIGN TABLE there (a int OPTIONS (name 'A')) SERVER far OPTIONS (t 'x')`,
  `CREATE PUBLICATION news FOR TABLE child (id) WHERE (id > 0); CREATE PUBLICATION more FOR TABLES IN SCHEMA public`,
  `CREATE FUNCTION noticed() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'`,
  `CREATE EVENT TRIGGER noticing ON ddl_command_end WHEN TAG IN ('CREATE CAST') EXECUTE FUNCTION noticed()`,
  `ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO PUBLIC`,
  `CREATE EXTENSION IF NOT EXISTS hstore SCHEMA public; CREATE TABLE bag (h hstore)`,
  `COMMENT ON TABLE events IS E'it''s \\\\ "mine"\n--\n-- PostgreSQL database dump complete\n--\n日本 😀'`,
  `COMMENT ON COLUMN events.at IS ''; COMMENT ON FUNCTION body IS '$f$'; COMMENT ON TYPE mood IS 'm'`,
  `COMMENT ON CONSTRAINT pk ON "it's ""quoted"";" IS 'key'; COMMENT ON OPERATOR === (int, int) IS 'same'`,
  ...Array.from(
    { length: 200 },
    (_, n) =>
      `CREATE TABLE many_${n} (id int PRIMARY KEY, a text NOT NULL DEFAULT '${n}', b int REFERENCES many_${n})`,
  ),
];
