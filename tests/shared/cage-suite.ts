import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from 'pg';
import { beforeAll, describe, expect, test } from 'vitest';
import { COMMIT } from '../helpers/commit.ts';
import { checkSql, restoreFromSql } from '../../lib/database/restore/restore-from-sql.ts';
import { inspectedDump } from '../../lib/database/restore/check.ts';
import { fill } from '../../lib/database/restore/fill.ts';
import { MakesafeError, messageOf } from '../../lib/errors.ts';
import type { DestructiveRun } from '../../lib/run/run.ts';
import restoreTask from '../../tasks/restore-from-sql.ts';
import { cageScripts, snapshot, type Neighbours } from '../helpers/cage-scripts.ts';
import type { Asker } from '../helpers/database.ts';
import type { Ran } from '../helpers/processes.ts';
import { openRun } from '../helpers/restore-run.ts';
import type { Scratch } from '../helpers/scratch.ts';

/** A kind of stack, as the tests of the cage see it. Its environment is up. */
export interface CageUnderTest {
  readonly scratch: Scratch;
  readonly environment: string;
  readonly database: string;
  readonly owner: string;
  readonly db: Asker;
  /** Files of the server outside of the databases, as one text. @param own OIDs of the databases' folders, as a pattern */
  readonly files: (own: string) => Promise<string>;
}

const OTHER = 'other_live';
const ROLE = 'somebody';

/** `SCRIPTS=1000 SEED=7` runs that many; a sample that is another one with each commit otherwise. */
const COUNT = Number(process.env['SCRIPTS'] ?? 20);
const SEED = Number(process.env['SEED'] ?? COMMIT);

export function cageSuite(under: CageUnderTest): void {
  const { scratch, environment, database, db } = under;
  const restoreSql = (name: string, sql: string, more = ''): Promise<Ran> => {
    scratch.write(name, sql);
    return scratch.runTask(`restore-from-sql ENV=${environment} WAIT=0 SQL=${name} ${more}`);
  };
  const outside = async (aside = database): Promise<string> => {
    const oid = await db.sql(
      `SELECT string_agg(oid::text, '|') FROM pg_database WHERE datname IN ('${database}', '${aside}')`,
      'postgres',
    );
    const inOther = `SELECT string_agg(relname, ' ' ORDER BY relname) || (SELECT count(*) FROM treasure)
      FROM pg_class WHERE relnamespace = 'public'::regnamespace`;
    return [
      await db.sql(snapshot(database, aside), 'postgres'),
      await db.sql(inOther, OTHER),
      await under.files(oid),
    ].join('\n');
  };

  beforeAll(async () => {
    await db.sql(
      `CREATE ROLE ${ROLE} LOGIN CREATEDB PASSWORD 'simple'; CREATE ROLE app_demo_reader`,
      'postgres',
    );
    await db.sql(`CREATE DATABASE ${OTHER}`, 'postgres');
    await db.sql(
      `COMMENT ON DATABASE ${OTHER} IS 'the neighbour'; ALTER DATABASE ${OTHER} SET work_mem = '6MB';
       ALTER ROLE ${ROLE} IN DATABASE ${OTHER} SET search_path = public; GRANT CONNECT ON DATABASE ${OTHER} TO ${ROLE}`,
      'postgres',
    );
    await db.sql(
      'CREATE TABLE treasure AS SELECT generate_series(1, 100) AS x; GRANT ALL ON SCHEMA public TO PUBLIC',
      OTHER,
    );
    await db.sql(`COMMENT ON ROLE ${ROLE} IS 'a person'`, 'postgres');
  });

  test.each([
    [
      'second-connect.sql',
      'CREATE TABLE a(i int);\n\\echo hi \\connect other_live\nCREATE TABLE pwned(i int);\n',
      /line 2: \\echo/,
    ],
    [
      'comment-on-database.sql',
      `CREATE TABLE t (a int);\nCOMMENT ON DATABASE other_live IS 'overwritten';\nREVOKE CONNECT ON DATABASE other_live FROM PUBLIC;\n`,
      /line 2: COMMENT ON DATABASE would reach beyond/,
    ],
    [
      'comment-then-fail.sql',
      `COMMENT ON DATABASE ${database} IS 'Application database';\nCREATE TABLE t (a int);\nSELECT 1/0;\n`,
      /line 1: COMMENT ON DATABASE would reach beyond/,
    ],
    [
      'comment-in-block.sql',
      `DO $$ BEGIN EXECUTE 'COMMENT ON DATABASE ${database} IS ''x'''; END $$;\nSELECT 1/0;\n`,
      /line 1: must be owner of database/,
    ],
    ['variable.sql', `\\set x 'DROP DATABASE other_live'\n:x;\n`, /line 1: \\set is a command of psql/],
    ['open.sql', 'BEGIN;\nCREATE TABLE t ();\n', /a transaction that it began is open/],
    [
      'dblink.sql',
      'CREATE EXTENSION dblink;\n',
      /extensions that only a superuser may make[^]*dblink \(line 1\)/,
    ],
  ])('%s is refused by line, and nothing has changed', async (name, sql, why) => {
    const before = await outside();
    const { status, stderr } = await restoreSql(name, sql);
    expect(stderr.replaceAll(`, line`, ': line')).toMatch(why);
    expect(stderr).not.toContain('[ok]');
    expect(status).not.toBe(0);
    expect(await outside()).toBe(before);
  });

  test('what a script makes belongs to the environment, with the rights that it gives', async () => {
    const { status, stderr } = await restoreSql(
      'owners.sql',
      `CREATE EXTENSION hstore; CREATE EXTENSION "uuid-ossp"; CREATE EXTENSION citext; CREATE SCHEMA mine;
       ALTER DEFAULT PRIVILEGES IN SCHEMA mine GRANT SELECT ON TABLES TO ${ROLE};
       CREATE TABLE mine.t (id serial, h hstore, who text DEFAULT 'x'); INSERT INTO mine.t (h) VALUES ('a=>1'), (NULL);
       GRANT SELECT ON mine.t TO ${ROLE}; ALTER TABLE mine.t ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
       CREATE POLICY p ON mine.t TO ${ROLE} USING (true);
       CREATE FUNCTION mine.f() RETURNS text SECURITY DEFINER LANGUAGE sql AS 'SELECT session_user::text';
       CREATE VIEW mine.v AS SELECT * FROM mine.t; CREATE TYPE mine.mood AS ENUM ('a');
       CREATE TABLE theirs (); ALTER TABLE theirs OWNER TO ${ROLE}; ALTER TABLE mine.t OWNER TO ${under.owner};`,
    );
    expect(stderr).toMatch(/\[ok\] .* is restored from owners\.sql: 2 tables, 2 rows, 1 sequence/);
    expect(status).toBe(0);
    const owners = `
      SELECT string_agg(DISTINCT owner::regrole::text, ' ') = '${under.owner}' FROM (
        SELECT relowner FROM pg_class WHERE oid > 16383 AND relname !~ '^theirs' UNION SELECT nspowner FROM pg_namespace WHERE oid > 16383
        UNION SELECT proowner FROM pg_proc WHERE oid > 16383 UNION SELECT typowner FROM pg_type WHERE oid > 16383 AND typname !~ 'theirs'
        UNION SELECT extowner FROM pg_extension) AS owners (owner)`;
    expect(await db.sql(owners)).toBe('t');
    expect(await db.sql(`SELECT relowner::regrole FROM pg_class WHERE relname = 'theirs'`)).toBe(ROLE);
    expect(await db.sql(`SELECT nspowner::regrole FROM pg_namespace WHERE nspname = 'public'`)).toBe(
      'pg_database_owner',
    );
    const rights = `SELECT has_table_privilege('${ROLE}', 'mine.t', 'SELECT'), defaclrole::regrole, defaclacl FROM pg_default_acl`;
    expect(await db.sql(rights)).toBe(`t|${under.owner}|{${ROLE}=r/${under.owner}}`);
    expect(await db.sql(`SELECT count(*) FROM pg_roles WHERE rolname LIKE 'makesafe%'`)).toBe('0');
  });

  test('every byte stays: U+FEFF at the beginning of lines, CR, U+2028', async () => {
    const odd = '\uFEFFx\n\uFEFFy\u2028\r\n\u00A0\uFEFF';
    const { status } = await restoreSql(
      'odd.sql',
      `\uFEFFCREATE TABLE odd (n int, "\uFEFFa" text);\nINSERT INTO odd VALUES (1, '${odd}'), (2, $$${odd}$$);\nCOPY odd FROM stdin;\n3\t\uFEFFx\\n\uFEFFy\u2028\\r\\n\u00A0\uFEFF\n\\.\n`,
    );
    expect(status).toBe(0);
    const found = await db.sql(
      `SELECT count(*), min(encode(convert_to("\uFEFFa", 'UTF8'), 'hex')), count(DISTINCT "\uFEFFa") FROM odd`,
    );
    expect(found).toBe(`3|${Buffer.from(odd).toString('hex')}|1`);
  });

  test('a dump that brings less than there is, says so and wants it typed', async () => {
    await restoreSql(
      'full.sql',
      'CREATE TABLE a AS SELECT generate_series(1, 1000) AS x; CREATE TABLE b (); ANALYZE',
    );
    const dump = await scratch.mustTask(
      `db-dump-schema-env ENV=${environment} OUT=schema.dump FORMAT=custom`,
    );
    expect(dump.status).toBe(0);
    const restore = (more: string): Promise<Ran> =>
      scratch.runTask(`restore-from-dump ENV=${environment} WAIT=0 DUMP=schema.dump ${more}`);
    const refused = await restore('');
    expect(refused.stderr).toContain('it has no data for public.a, where the database has rows');
    expect(refused.stderr).toMatch(/\[next\] .*ALLOW=less/);
    expect(refused.status).toBe(77);
    expect(await db.sql('SELECT count(*) FROM a')).toBe('1000');
    const allowed = await restore('ALLOW=less');
    expect(allowed.stderr).toMatch(/\[warn\] schema\.dump brings less[^]*\[ok\] .*: 2 tables, 0 rows/);
    expect(allowed.status).toBe(0);
    const fewer = await scratch.mustTask(`db-dump-schema-env ENV=${environment} OUT=one.dump FORMAT=custom`);
    expect(fewer.status).toBe(0);
    await db.sql('CREATE TABLE c ()');
    const third = await scratch.runTask(`restore-from-dump ENV=${environment} WAIT=0 DUMP=one.dump`);
    expect(third.stderr).toContain('it has 2 tables, and the database has 3: without public.c');
    expect(third.status).toBe(77);
  });

  describe('generated scripts', () => {
    test(
      `of ${COUNT} (SEED=${SEED}), none changes anything outside of its database`,
      { timeout: 120_000 + COUNT * 30_000 },
      async () => {
        const neighbours: Neighbours = {
          ...{ live: database, owner: under.owner, other: OTHER, role: ROLE, tablespace: undefined },
        };
        const { run } = await openRun(scratch.root, environment, restoreTask);
        const before = await outside();
        const counts = { restored: 0, refused: 0, stopped: 0 };
        const changed: unknown[] = [];
        const began = performance.now();
        const scripts = cageScripts(COUNT, SEED, neighbours);
        const aside = `${database}_filled`;
        for (let from = 0; from < COUNT && changed.length === 0; from += BATCH) {
          const batch = scripts.slice(from, from + BATCH);
          const many = COUNT > BATCH;
          // Many are looked at together, and each fills a database that nobody swaps in: that takes most of the time.
          if (many) await run.stack.withClient('postgres', makeAside(aside));
          const known = many ? await outside(aside) : before;
          for (const script of batch) {
            // What an earlier one has left would be a superuser's code by now.
            if (many) await run.stack.withClient('postgres', makeAside(aside));
            const outcome = await restoreOne(run, script, many ? aside : undefined);
            counts[outcome.kind] += 1;
            if (many) continue;
            const after = await outside();
            if (after !== known) changed.push({ script, outcome, after: difference(known, after) });
          }
          const after = await outside(many ? aside : database);
          if (after !== known) changed.push({ from, after: difference(known, after) });
          console.log(`${Math.min(from + BATCH, COUNT)} scripts: ${JSON.stringify(counts)}`);
        }
        const seconds = Math.round((performance.now() - began) / 1000);
        console.log(
          `${COUNT} scripts, SEED=${SEED}: ${JSON.stringify(counts)}, ${changed.length} changed anything outside; ${seconds} s`,
        );
        expect(changed).toEqual([]);
        expect(counts.restored).toBeGreaterThan(COUNT / 10);
      },
    );
  });
}

/** Scripts that are looked at together, where there are more. */
const BATCH = 20;

/** As a restore makes it, with the same rights. */
const makeAside =
  (aside: string) =>
  async (client: Client): Promise<void> => {
    await client.query(`DROP DATABASE IF EXISTS ${aside} WITH (FORCE)`);
    await client.query(`CREATE DATABASE ${aside} TEMPLATE template0`);
    await client.query(`REVOKE ALL ON DATABASE ${aside} FROM PUBLIC`);
  };

const difference = (before: string, after: string): string[] => {
  const [old, now] = [new Set(before.split('\n')), new Set(after.split('\n'))];
  return [...old].filter((line) => !now.has(line)).concat([...now].filter((line) => !old.has(line)));
};

/** @param aside the database to fill; undefined to replace the environment's own */
async function restoreOne(
  run: DestructiveRun,
  script: string,
  aside: string | undefined,
): Promise<{ kind: 'restored' | 'refused' | 'stopped'; why: string }> {
  const file = join(run.root, 'generated.sql');
  writeFileSync(file, script);
  const given = {
    ...run,
    values: {
      SQL: file,
      ALLOW: [],
      STRICT: false,
      JOBS: 1,
      BOOTSTRAP_ROLES_SQL: join(run.root, 'no-roles.sql'),
    },
  };
  writeFileSync(given.values.BOOTSTRAP_ROLES_SQL, 'SELECT 1;\n');
  try {
    await checkSql(given);
  } catch (error) {
    if (!(error instanceof MakesafeError)) throw error;
    return { kind: 'refused', why: messageOf(error) };
  }
  try {
    if (aside === undefined) await restoreFromSql(given);
    else {
      const dump = await inspectedDump(file);
      await run.stack.withClient('postgres', (client) => fill(given, dump, aside, client));
    }
    return { kind: 'restored', why: '' };
  } catch (error) {
    if (!(error instanceof MakesafeError)) throw error;
    return { kind: 'stopped', why: messageOf(error) };
  }
}
