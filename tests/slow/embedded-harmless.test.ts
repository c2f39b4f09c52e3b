import { beforeAll, describe, expect, test } from 'vitest';
import { PATIENCE, localAsker, useEmbedded } from '../helpers/embedded.ts';
import type { Ran } from '../helpers/processes.ts';

/** What stops no restore, because nothing of what the dump is for is lost; and what does. */

const HEAD = `--
-- PostgreSQL database dump
--

-- Dumped from database version 17.10
-- Dumped by pg_dump version 17.10

SET client_encoding = 'UTF8';
`;
const END = `
--
-- PostgreSQL database dump complete
--
`;
const TABLE = 'CREATE TABLE public.t (id integer);\nINSERT INTO public.t VALUES (1), (2);\n';

describe('statements that fail while a dump is restored', () => {
  const scratch = useEmbedded();
  const db = localAsker(scratch);
  const restore = (sql: string, more = ''): Promise<Ran> => {
    scratch.write('given.sql', HEAD + sql + END);
    return scratch.runTask(`restore-from-dump ENV=local_demo WAIT=0 DUMP=given.sql ALLOW=less ${more}`);
  };

  beforeAll(async () => {
    await scratch.mustTask('up ENV=local_demo');
    await scratch.mustTask('db-bootstrap-roles-env ENV=local_demo');
  }, PATIENCE);

  test.each<[what: string, sql: string, said: RegExp]>([
    [
      'CREATE SCHEMA public',
      `CREATE SCHEMA public;\nCOMMENT ON SCHEMA public IS 'standard public schema';\n${TABLE}`,
      /line 9 \(CREATE SCHEMA public\): the schema is there/i,
    ],
    [
      'a tablespace that is not here',
      `SET default_tablespace = fast_ssd;\n${TABLE}`,
      /SET default_tablespace = fast_ssd\): the tablespace is not here/i,
    ],
    [
      'settings of other releases',
      `SET transaction_timeout2 = 0;\nSET default_with_oids = false;\nSET default_table_access_method = columnar;\n${TABLE}`,
      /a setting that this server does not know[^]*the way of storage is not here/,
    ],
    [
      'DROP of what is not there',
      `ALTER TABLE ONLY public.t DROP CONSTRAINT t_pkey;\nDROP TABLE public.t;\nDROP FUNCTION public.f(integer);\nDROP SCHEMA nowhere;\nDROP EXTENSION plpgsql;\nDROP SCHEMA public;\n${TABLE}`,
      /what it drops is not there/,
    ],
    [
      'an extension that every database has, and a comment on it',
      `CREATE EXTENSION plpgsql WITH SCHEMA pg_catalog;\nCOMMENT ON EXTENSION plpgsql IS 'PL/pgSQL procedural language';\nCOMMENT ON EXTENSION nothere IS 'x';\n${TABLE}`,
      /the extension is there[^]*a comment, on what belongs to the server or is not here/,
    ],
    [
      'a policy for a role that is not here',
      `${TABLE}ALTER TABLE public.t ENABLE ROW LEVEL SECURITY;\nCREATE POLICY p ON public.t TO nobody_here USING (true);\nCREATE POLICY q ON public.t TO PUBLIC USING (true);\n`,
      /a policy for a role that is not here \(nobody_here\)/,
    ],
    [
      'the same in a transaction of its own',
      `BEGIN;\nDROP TABLE public.t;\n${TABLE}COMMENT ON EXTENSION nothere IS 'x';\nCOMMIT;\n`,
      /what it drops is not there/,
    ],
  ])('%s', async (_what, sql, said) => {
    const { status, stderr } = await restore(sql);
    expect(stderr).toMatch(/\[warn\] \d+ statements? left out, none of which the data need:/);
    expect(stderr).toMatch(said);
    expect(stderr).toMatch(/\[ok\] .* 1 table, 2 rows/);
    expect(status).toBe(0);
    expect(await db.sql('SELECT count(*) FROM t')).toBe('2');
    // Everybody may use schema public, as in any new database.
    expect(await db.sql(`SELECT has_schema_privilege('app_readonly', 'public', 'USAGE')`)).toBe('t');
    const { stdout } = await scratch.mustTask('journal ENV=local_demo JSON=1');
    const last = (JSON.parse(stdout) as { notes?: string[] }[]).at(-1)!;
    expect(last.notes!.join('\n')).toContain('left out: ');
  });

  test.each<[what: string, sql: string, said: RegExp]>([
    ['a table that is there twice', `${TABLE}CREATE TABLE public.t ();\n`, /relation "t" already exists/],
    [
      'a policy that is for others as well',
      `${TABLE}CREATE POLICY p ON public.t TO nobody_here, app_readonly USING (true);\n`,
      /nobody_here/,
    ],
    ['an extension that is not here', `CREATE EXTENSION nothere;\n${TABLE}`, /nothere/],
    [
      'a constraint that the rows break',
      `${TABLE}ALTER TABLE public.t ADD CHECK (id > 1);\n`,
      /is violated by some row/,
    ],
  ])('%s stops it, and the old database is in use', async (_what, sql, said) => {
    await db.sql('CREATE TABLE IF NOT EXISTS precious ()');
    const { status, stderr } = await restore(sql);
    expect(stderr).toMatch(said);
    expect(stderr).toContain('the old database core_demo is in use, unchanged');
    expect(status).toBe(1);
    await db.sql('SELECT FROM precious');
  });

  test('STRICT=1 stops at anything', async () => {
    const { status, stderr } = await restore(`CREATE SCHEMA public;\n${TABLE}`, 'STRICT=1');
    expect(stderr).toContain('schema "public" already exists');
    expect(stderr).toContain('the old database core_demo is in use, unchanged');
    expect(status).toBe(1);
  });

  test('a policy for a role that only the script for roles makes is there in the end', async () => {
    scratch.write('roles.sql', 'CREATE ROLE made_by_script;\n');
    const sql = `${TABLE}ALTER TABLE public.t ENABLE ROW LEVEL SECURITY;\nCREATE POLICY p ON public.t TO made_by_script USING (id = 1);\n`;
    const { status, stderr } = await restore(sql, 'BOOTSTRAP_ROLES_SQL=roles.sql');
    expect(stderr).not.toContain('left out');
    expect(status).toBe(0);
    expect(await db.sql('SELECT polname, polroles::regrole[] FROM pg_policy')).toBe('p|{made_by_script}');
  });

  test.each(['1ms', '1s'])("the database's own settings end nothing: statement_timeout %s", async (limit) => {
    await db.sql(
      `ALTER DATABASE core_demo SET statement_timeout = '${limit}'; ALTER DATABASE core_demo SET lock_timeout = '1ms';
       ALTER DATABASE core_demo SET idle_in_transaction_session_timeout = '1ms'; ALTER DATABASE core_demo SET role = 'app_readonly';
       ALTER DATABASE core_demo SET default_transaction_read_only = on`,
      'postgres',
    );
    try {
      const columns = Array.from({ length: 60 }, (_, at) => `c${at} int`).join(', ');
      const values = Array.from({ length: 60 }, () => 'g').join(', ');
      const { status, stderr } = await restore(
        `CREATE TABLE public.wide (${columns});\nINSERT INTO public.wide SELECT ${values} FROM generate_series(1, 20000) g;\n`,
      );
      expect(stderr).toMatch(/\[ok\] .* 1 table, 20,000 rows/);
      expect(status).toBe(0);
    } finally {
      await db.sql('ALTER DATABASE core_demo RESET ALL', 'postgres');
    }
  });
});
