import { describe, expect, test } from 'vitest';
import { Bringing, RowCounter, lacks } from '../../lib/dump/read/brings.ts';
import { verifier } from '../../lib/database/replace/cage.ts';
import { errandOf, errandsOf, reachesBeyond, schemaMadeBy } from '../../lib/dump/read/forms.ts';
import { splitStatements } from '../../lib/sql/run-statements.ts';

const first = (sql: string): ReturnType<typeof splitStatements>[number] => splitStatements(sql)[0]!;

describe('what makesafe does for a file has a form that can do nothing else', () => {
  test.each<[sql: string, kind: string | undefined]>([
    ['CREATE EXTENSION IF NOT EXISTS hstore WITH SCHEMA public;', 'extension'],
    ['create extension "uuid-ossp" schema "My ""own""" version \'1.1\' cascade;', 'extension'],
    ['-- why\nCREATE EXTENSION hstore -- what\n;', 'extension'],
    ["COMMENT ON EXTENSION hstore IS 'it''s; mine';", 'comment on an extension'],
    ['COMMENT ON EXTENSION hstore IS NULL;', 'comment on an extension'],
    [
      "CREATE EVENT TRIGGER n ON ddl_command_start\n   WHEN TAG IN ('CREATE SERVER', 'X')\n   EXECUTE FUNCTION public.f();",
      'event trigger',
    ],
    ['ALTER EVENT TRIGGER n ENABLE REPLICA;', 'event trigger'],
    ['ALTER TABLE public.t OWNER TO "Some body";', 'owner'],
    ['ALTER FUNCTION a.f(integer, character varying(10), text[]) OWNER TO app;', 'owner'],
    ['ALTER LARGE OBJECT 17 OWNER TO app;', 'owner'],
    // Each goes to the server as it is, which refuses it to the cage.
    ['CREATE EVENT TRIGGER n ON ddl_command_start EXECUTE FUNCTION f();', undefined],
    ["COMMENT ON EXTENSION hstore IS E'x';", undefined],
    ["COMMENT ON EXTENSION hstore IS U&'x';", undefined],
    ['ALTER DATABASE other OWNER TO app;', undefined],
    ['ALTER TABLESPACE t OWNER TO app;', undefined],
    ['ALTER EVENT TRIGGER n OWNER TO app;', undefined],
    ['ALTER TABLE t ADD CHECK (f() > 0);', undefined],
    ['ALTER TABLE t OWNER TO app, ADD COLUMN a int;', undefined],
    ['CREATE EXTENSION hstore; ALTER SYSTEM SET x = 1', undefined],
    ['DROP EXTENSION hstore;', undefined],
    ['COMMENT ON DATABASE x IS NULL;', undefined],
  ])('%s', (sql, kind) => {
    const one = { sql, words: first(sql).words };
    expect(errandOf(one)?.kind).toBe(kind);
  });

  test('of an entry all statements are, or none', () => {
    const created = 'CREATE EVENT TRIGGER n ON sql_drop EXECUTE FUNCTION a.f();';
    expect(errandsOf(`${created}\n\nALTER EVENT TRIGGER n DISABLE;`)).toHaveLength(2);
    expect(errandsOf(`${created}\nSELECT pg_reload_conf();`)).toBeUndefined();
  });

  test('names are as the catalog has them', () => {
    expect(errandOf(first('CREATE EXTENSION "Odd ""x""" SCHEMA ABC;'))).toMatchObject({
      name: 'Odd "x"',
      schema: 'abc',
    });
    expect(schemaMadeBy(first('CREATE SCHEMA Mart;'))).toBe('mart');
    expect(schemaMadeBy(first('CREATE SCHEMA mart AUTHORIZATION app;'))).toBeUndefined();
  });
});

test.each<[sql: string, what: string | undefined]>([
  ['CREATE DATABASE x;', 'CREATE DATABASE'],
  ['alter system set a = 1;', 'ALTER SYSTEM'],
  ['ALTER ROLE a IN DATABASE b SET c = d;', 'ALTER ROLE'],
  ['DROP USER a;', 'DROP USER'],
  ['CREATE USER MAPPING FOR a SERVER b;', undefined],
  ['COMMENT ON TABLESPACE a IS NULL;', 'COMMENT ON TABLESPACE'],
  ['COMMENT ON TABLE a IS NULL;', undefined],
  ['GRANT ALL ON DATABASE a TO PUBLIC;', 'GRANT … ON DATABASE'],
  ['GRANT SELECT ON a TO b;', undefined],
  ['GRANT a TO b;', 'GRANT of a role'],
  ["COPY t FROM PROGRAM 'x';", 'COPY with a program of the server'],
  ["COPY t TO '/x';", 'COPY with a file of the server'],
  ['COPY t FROM stdin;', undefined],
  ["LOAD 'x';", 'LOAD'],
  ['REASSIGN OWNED BY a TO b;', 'REASSIGN OWNED'],
  ["CREATE SUBSCRIPTION a CONNECTION 'x' PUBLICATION p;", 'CREATE SUBSCRIPTION'],
])('reaches beyond the database, seen beforehand: %s', (sql, what) => {
  expect(reachesBeyond(first(sql))).toBe(what);
});

describe('what a dump brings', () => {
  const brings = (script: string, rows: number | undefined = undefined): Bringing => {
    const found = new Bringing();
    for (const statement of splitStatements(script))
      found.statement(statement, statement.copies ? rows : undefined);
    return found;
  };
  const DUMP = 'CREATE TABLE public.a (x int);\nCREATE UNLOGGED TABLE "O d"."b.c" ();\nCREATE SEQUENCE s;\n';

  test('is counted by table, whatever a name is', () => {
    const { tables, sequences } = brings(
      `${DUMP}COPY public.a (x) FROM stdin;\nINSERT INTO "O d"."b.c" VALUES (1);`,
      7,
    );
    expect([...tables]).toEqual([
      ['public.a', 7],
      ['O d.b.c', 'statements'],
    ]);
    expect(sequences).toBe(1);
  });

  test.each<[what: string, bytes: string, rows: number]>([
    ['text of COPY', '1\n2\n', 2],
    ['that of an archive', '1\n2\n\\.\n\n\n', 2],
    ['an empty table of an archive', '\\.\n\n\n', 0],
    ['rows without columns', '\n\n\\.\n\n\n', 2],
    ['a row that is \\\\.', '\\\\.\n', 1],
  ])('rows: %s', (_what, bytes, rows) => {
    for (const size of [1, 2, 100]) {
      const counter = new RowCounter();
      for (let at = 0; at < bytes.length; at += size) counter.add(Buffer.from(bytes.slice(at, at + size)));
      expect(counter.rows).toBe(rows);
    }
  });

  const there = (name: string, filled: boolean): { name: string; filled: boolean } => ({ name, filled });
  test.each<
    [
      what: string,
      dump: string,
      rows: number | undefined,
      there: { name: string; filled: boolean }[],
      says: string[],
    ]
  >([
    [
      'as much',
      `${DUMP}COPY public.a FROM stdin;`,
      3,
      [there('public.a', true), there('O d.b.c', false)],
      [],
    ],
    [
      'no data',
      DUMP,
      undefined,
      [there('public.a', true)],
      ['it has no data for public.a, where the database has rows'],
    ],
    [
      'no row',
      `${DUMP}COPY public.a FROM stdin;`,
      0,
      [there('public.a', true)],
      ['it has no data for public.a, where the database has rows'],
    ],
    [
      'fewer tables',
      'CREATE TABLE public.a ();',
      undefined,
      [there('public.a', false), there('public.z', true)],
      ['it has 1 table, and the database has 2: without public.z'],
    ],
    ['another table', DUMP, undefined, [there('public.z', true)], []],
  ])('compared with what is there: %s', (_what, dump, rows, found, says) => {
    expect(lacks(brings(dump, rows), found)).toEqual(says);
  });
});

test('a password is sent in the form in which the server keeps it', () => {
  // https://www.postgresql.org/docs/current/catalog-pg-authid.html; the value is that of RFC 7677's example.
  expect(verifier('pencil', Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64'))).toBe(
    'SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
  );
});
