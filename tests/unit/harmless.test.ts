import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { splitStatements } from '../../lib/sql/run-statements.ts';
import { HARMLESS, whyHarmless } from '../../lib/database/restore/harmless.ts';

const judged = (
  sql: string,
  code: string,
  missingRoles: readonly string[] = [],
  roles = missingRoles,
): string | undefined => whyHarmless({ statement: splitStatements(sql)[0]!, code, roles, missingRoles });

test.each<[sql: string, code: string, roles?: string[]]>([
  ['CREATE SCHEMA public;', '42P06'],
  ['--\n-- Name: public; Type: SCHEMA\n--\n\ncreate schema "public";', '42P06'],
  ["COMMENT ON EXTENSION plpgsql IS 'PL/pgSQL procedural language';", '42501'],
  ["COMMENT ON EXTENSION nothere IS 'x';", '42704'],
  ['SET default_tablespace = fast_ssd;', '22023'],
  ['ALTER TABLE public.t SET TABLESPACE fast;', '42704'],
  ['SET default_table_access_method = columnar;', '22023'],
  ['SET transaction_timeout = 0;', '42704'],
  ['SET default_with_oids = false;', '42704'],
  ['SET "app.x" = 1;', '42704'],
  ['DROP TABLE public.t;', '42P01'],
  ['DROP FUNCTION f(integer);', '42883'],
  ['DROP SCHEMA s;', '3F000'],
  ['ALTER TABLE ONLY public.t DROP CONSTRAINT t_pkey;', '42P01'],
  ['ALTER TABLE public.t ALTER COLUMN id DROP DEFAULT;', '42P01'],
  ['DROP EXTENSION plpgsql;', '42501'],
  ['CREATE EXTENSION plpgsql WITH SCHEMA pg_catalog;', '42710'],
  ['CREATE OR REPLACE PROCEDURAL LANGUAGE plpgsql;', '42501'],
  ['CREATE POLICY p ON public.t TO gone USING (true);', '42704', ['gone']],
  ['GRANT SELECT ON TABLE t TO gone;', '42704', ['gone']],
  ['ALTER TABLE t OWNER TO gone;', '42704', ['gone']],
  ['SET SESSION AUTHORIZATION gone;', '22023', ['gone']],
  ['SET ROLE gone;', '42501'],
  ['CREATE PUBLICATION p FOR ALL TABLES;', '42501'],
  ['VACUUM ANALYZE;', '25001'],
])('%s (%s) may be left out', (sql, code, roles) => {
  expect(judged(sql, code, roles)).toEqual(expect.any(String));
});

test.each<[sql: string, code: string, roles?: string[]]>([
  ['CREATE SCHEMA s CREATE TABLE t ();', '42P06'],
  ['CREATE TABLE t ();', '42P07'],
  ['CREATE TABLE t () TABLESPACE fast;', '42704'],
  ['INSERT INTO t VALUES (1);', '42P01'],
  ['INSERT INTO t VALUES (1);', '23505'],
  ["INSERT INTO t VALUES ('SET ROLE x');", '42501'],
  ['CREATE POLICY p ON public.t USING (f());', '42704'],
  ['GRANT SELECT ON TABLE t TO here;', '42P01'],
  ['REVOKE ALL ON FUNCTION f() FROM PUBLIC;', '42501'],
  ['CREATE EXTENSION postgis;', '0A000'],
  ['CREATE EXTENSION dblink;', '42501'],
  ['DROP TABLE t;', '2BP01'],
  ['DROP DATABASE other;', '42501'],
  ['ALTER TABLE t ADD CONSTRAINT c CHECK (x > 0);', '23514'],
  ['ALTER TABLE t ENABLE ROW LEVEL SECURITY;', '42P01'],
  ['CREATE FUNCTION f() RETURNS int LANGUAGE c;', '42501'],
  ['CREATE INDEX i ON t (x);', '42704'],
  ['REFRESH MATERIALIZED VIEW v;', '42883'],
  ["SELECT pg_catalog.setval('s', 1);", '42P01'],
  ['SET client_encoding = nonsense;', '22023'],
  ['SET work_mem = banana;', '22023'],
])('%s (%s) matters', (sql, code, roles) => {
  expect(judged(sql, code, roles)).toBeUndefined();
});

test('a statement that is for somebody else as well matters', () => {
  expect(
    judged('CREATE POLICY p ON t TO gone, here USING (true);', '42704', ['gone'], ['gone', 'here']),
  ).toBe(undefined);
});

test('docs/RESTORE.md has each class', () => {
  const document = readFileSync(join(import.meta.dirname, '../../docs/RESTORE.md'), 'utf8');
  for (const { why } of HARMLESS) expect(document).toContain(why);
});
