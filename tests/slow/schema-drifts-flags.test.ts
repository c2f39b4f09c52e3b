import { beforeAll, describe, expect, test } from 'vitest';
import { compare } from '../../lib/schema/compare/compare.ts';
import { readDatabase, type Side } from '../../lib/schema/read/read.ts';
import { readRoles } from '../../lib/schema/read/server-roles.ts';
import { loadParser } from '../../lib/sql/syntax.ts';
import { compareDatabases, EVERYTHING, useServer } from '../helpers/database-server.ts';
import { findDrifts, type Drift } from '../helpers/drifts.ts';

const PARTS =
  'CREATE TABLE p (a int) PARTITION BY LIST (a); CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1)';
const DATABASE = `(SELECT oid FROM pg_database WHERE datname = current_database())`;

/** What pg_dump passes over: flags in the catalogs that change what a database does. */
// prettier-ignore
const DRIFTS: readonly Drift[] = [
  { kind: 'TABLE', both: PARTS, compared: `UPDATE pg_inherits SET inhdetachpending = true WHERE inhrelid = 'p1'::regclass`, on: 'p1', class: 'definition', says: 'DETACH PARTITION CONCURRENTLY from $schema.p was interrupted only in compared' },
  { kind: 'TABLE', both: 'CREATE TABLE t (a int); CREATE TABLE c () INHERITS (t); ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0) NOT VALID', compared: 'ALTER TABLE c VALIDATE CONSTRAINT k', on: 'c', class: 'definition', says: 'constraint k validated, unlike that of $schema.t only in compared' },
  { kind: 'TABLE', both: 'CREATE TABLE t (a int NOT NULL); CREATE UNIQUE INDEX i ON t (a)', compared: 'ALTER TABLE t REPLICA IDENTITY USING INDEX i; DROP INDEX i; CREATE UNIQUE INDEX i ON t (a)', on: 't', class: 'storage', says: 'REPLICA IDENTITY USING an index that is gone only in compared' },
  { kind: 'INDEX', both: 'CREATE TABLE t (a int); CREATE INDEX i ON t (a)', compared: `UPDATE pg_index SET indisready = false WHERE indexrelid = 'i'::regclass`, on: 't.i', class: 'definition', says: 'invalid only in compared' },
  { kind: 'INDEX', both: 'CREATE TABLE t (a int); CREATE INDEX i ON t (a)', compared: `UPDATE pg_index SET indislive = false WHERE indexrelid = 'i'::regclass`, on: 't.i', class: 'definition', says: 'invalid only in compared' },
  { kind: 'CONSTRAINT', both: `${PARTS}; ALTER TABLE p ADD CONSTRAINT u UNIQUE (a)`, compared: `UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'u'::regclass`, on: 'p.u', class: 'definition', says: 'invalid only in compared' },
  { kind: 'CONSTRAINT', both: 'CREATE TABLE t (a int CONSTRAINT u UNIQUE DEFERRABLE)', compared: 'ALTER TABLE t DISABLE TRIGGER ALL', on: 't.u', class: 'definition', says: 'its triggers on $schema.t disabled only in compared' },
  { kind: 'COLLATION', both: `CREATE COLLATION c (provider = icu, locale = 'de')`, compared: `UPDATE pg_collation SET collversion = '1.0' WHERE collname = 'c'`, on: 'c', class: 'storage', says: 'has the version of another operating system only in compared' },
  { kind: 'DATABASE', compared: `INSERT INTO pg_shseclabel VALUES (${DATABASE}, 'pg_database'::regclass, 'p', 'closed')`, on: '', class: 'definition', says: 'security label of p closed only in compared', schema: '' },
  { kind: 'SECURITY LABEL', both: 'CREATE TABLE t ()', compared: `INSERT INTO pg_seclabel VALUES ('t'::regclass, 'pg_class'::regclass, 0, 'p', 'closed')`, on: 'TABLE t', class: 'only in compared' },
  { kind: 'TABLE', both: `${PARTS}; CREATE FUNCTION g() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER g BEFORE INSERT ON p FOR EACH ROW EXECUTE FUNCTION g()`, compared: `COMMENT ON TRIGGER g ON p1 IS 'x'`, on: 'p1', class: 'storage', says: 'comment of trigger g x only in compared' },
  { kind: 'VIEW', both: 'CREATE VIEW v AS SELECT 1 AS a', compared: `COMMENT ON RULE "_RETURN" ON v IS 'x'`, on: 'v', class: 'storage', says: 'comment of its rule x only in compared' },
  { kind: 'TABLE', both: 'CREATE TABLE t (a int CONSTRAINT k CHECK (a > 0)); CREATE TABLE c () INHERITS (t)', compared: `COMMENT ON CONSTRAINT k ON c IS 'x'`, on: 'c', class: 'storage', says: 'comment of constraint k x only in compared' },
  { kind: 'TABLE', both: 'CREATE TABLE t (a int NOT NULL); CREATE TABLE c () INHERITS (t)', compared: 'ALTER TABLE c ALTER a DROP NOT NULL', on: 'c', class: 'definition', says: 'column a may be null, unlike that of $schema.t only in compared' },
  { kind: 'MATERIALIZED VIEW', both: 'CREATE MATERIALIZED VIEW v AS SELECT 1 AS a', compared: 'ALTER MATERIALIZED VIEW v ALTER a SET STATISTICS 7', on: 'v', class: 'storage', says: 'SET STATISTICS 7 only in compared' },
  { kind: 'DATABASE PROPERTY', compared: 'ALTER DATABASE compared IS_TEMPLATE true', on: 'template', class: 'only in compared', schema: '' },
];

const OPTIONS = { ignore: [], privileges: 'compared', limits: [] } as const;
const server = useServer('max_logical_replication_workers=0');

test('each flag that pg_dump passes over is found, and nothing else', async () => {
  try {
    await findDrifts(server, DRIFTS);
  } finally {
    await server.query('postgres', 'ALTER DATABASE compared IS_TEMPLATE false', 'DELETE FROM pg_shseclabel');
  }
});

test('a database whose collation is of another version of the operating system', async () => {
  await server.query(
    'postgres',
    `CREATE DATABASE sorted TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'de'`,
  );
  await loadParser();
  const base = await readDatabase(server.source('sorted'), EVERYTHING);
  await server.query('postgres', `UPDATE pg_database SET datcollversion = '1.0' WHERE datname = 'sorted'`);
  expect(
    compare(base, await readDatabase(server.source('sorted'), EVERYTHING), OPTIONS).differences,
  ).toMatchObject([
    {
      kind: 'DATABASE',
      class: 'storage',
      changes: ['has the collation version of another operating system only in sorted'],
    },
  ]);
});

test('a column of the catalogs that nobody knows makes the verdict incomplete', async () => {
  await server.create(
    'novel',
    'SET allow_system_table_mods = on; ALTER TABLE pg_index ADD COLUMN indnovel bool',
  );
  const { verdict, incomplete } = await compareDatabases(server.source('novel'), server.source('novel'));
  expect(verdict).toBe('incomplete');
  expect(incomplete[0]).toBe(
    'novel: column indnovel of catalog pg_index is not known to this version of makesafe',
  );
});

describe('who may read or write here is compared:', () => {
  const read = (): Promise<Side> =>
    server.withSession('roles', async (client) => ({
      summary: {
        label: 'roles',
        source: 'environment',
        database: 'roles',
        serverVersion: undefined,
        pgDumpVersion: undefined,
      },
      ...{ objects: [], incomplete: [], roles: await readRoles(client, (role) => role) },
    }));
  beforeAll(() =>
    server.create('roles', 'CREATE ROLE holder; CREATE TABLE t (); GRANT INSERT ON t TO holder'),
  );

  test.each<[what: string, before: string, then: string, undo: string, said: string[]]>([
    [
      'a login that is a member',
      '',
      'CREATE ROLE anna LOGIN IN ROLE holder',
      'DROP ROLE anna',
      ['anna only in compared'],
    ],
    [
      'a member of a member',
      'CREATE ROLE team IN ROLE holder; CREATE ROLE anna LOGIN',
      'GRANT team TO anna',
      'DROP ROLE anna; DROP ROLE team',
      ['anna: member of team only in roles'],
    ],
    [
      'what a membership allows',
      'CREATE ROLE anna LOGIN IN ROLE holder',
      'GRANT holder TO anna WITH ADMIN TRUE, INHERIT FALSE, SET FALSE',
      'DROP ROLE anna',
      ['anna: member of holder (none) → WITH ADMIN, INHERIT FALSE, SET FALSE'],
    ],
    [
      'until when it may log in',
      'CREATE ROLE anna LOGIN IN ROLE holder',
      `ALTER ROLE anna VALID UNTIL '2031-01-01 00:00+09' BYPASSRLS`,
      'DROP ROLE anna',
      ['anna: attributes LOGIN → LOGIN BYPASSRLS VALID UNTIL 2030-12-31 15:00:00'],
    ],
    [
      'who may write everywhere',
      '',
      'CREATE ROLE anna LOGIN IN ROLE pg_write_all_data',
      'DROP ROLE anna',
      ['anna only in compared'],
    ],
    [
      'another superuser',
      '',
      'CREATE ROLE anna LOGIN SUPERUSER',
      'DROP ROLE anna',
      ['anna only in compared'],
    ],
    [
      'and nobody who may not',
      '',
      'CREATE ROLE anna LOGIN; CREATE ROLE team; GRANT team TO anna',
      'DROP ROLE anna; DROP ROLE team',
      [],
    ],
    [
      'a membership that two have granted is one',
      'CREATE ROLE anna LOGIN IN ROLE holder; CREATE ROLE giver; GRANT holder TO giver WITH ADMIN OPTION',
      'GRANT holder TO anna GRANTED BY giver',
      'REVOKE holder FROM anna GRANTED BY giver; DROP ROLE anna; REVOKE holder FROM giver; DROP ROLE giver',
      [],
    ],
  ])('%s', async (_what, before, then, undo, said) => {
    await server.query('postgres', before);
    const base = await read();
    await server.query('postgres', then);
    try {
      const { differences } = compare(base, await read(), OPTIONS);
      const found = differences.flatMap(({ kind, name, class: how, changes }) => {
        expect(kind).toBe('ROLE');
        return how === 'definition' ? changes.map((change) => `${name}: ${change}`) : [`${name} ${how}`];
      });
      expect(found).toEqual(said);
    } finally {
      await server.query('postgres', undo);
    }
  });
});
