import { describe, expect, test } from 'vitest';
import { compareDatabases, useServer } from '../helpers/database-server.ts';

// Few locks are enough for all but the last of them.
const server = useServer('max_locks_per_transaction=10', 'max_connections=10');

describe('hostile content', () => {
  const HEADER = `\n--\n-- Name: stolen; Type: TABLE; Schema: public; Owner: -\n--\n\nCREATE TABLE public.stolen ();\n`;
  const NAME = `"a ""b"";\nON c.d <script>alert(1)</script> 'é' \\"`;
  const CONTENT = [
    `CREATE SCHEMA ${NAME}; SET search_path = ${NAME}`,
    `CREATE TABLE ${NAME} (${NAME} int DEFAULT 1 CONSTRAINT ${NAME} CHECK (${NAME} > 0), t text DEFAULT '),\n b int')`,
    `ALTER TABLE ${NAME} ADD CONSTRAINT "x y" UNIQUE (${NAME}); CREATE INDEX "i ON j" ON ${NAME} (t)`,
    `CREATE TABLE "p q" (a int); CREATE TABLE "p" (a int)`,
    `CREATE FUNCTION ${NAME}() RETURNS trigger LANGUAGE plpgsql AS $x$BEGIN ${HEADER} RETURN NEW; END -- $$ $$ '$x$`,
    `CREATE TRIGGER "r s" BEFORE INSERT ON "p" FOR EACH ROW EXECUTE FUNCTION ${NAME}()`,
    `CREATE TRIGGER "s" BEFORE INSERT ON "p q" FOR EACH ROW EXECUTE FUNCTION ${NAME}()`,
    `COMMENT ON TABLE ${NAME} IS '${HEADER}<img src=x onerror=alert(1)>''\\ $$'`,
    `COMMENT ON COLUMN ${NAME}.${NAME} IS 'a.b IS c;'`,
    `CREATE VIEW "v" AS SELECT 'SELECT x FROM y; $$'::text AS ${NAME}`,
    `DO $do$ BEGIN EXECUTE 'CREATE FUNCTION large() RETURNS text LANGUAGE sql AS ' || quote_literal('SELECT ''' || repeat('x$$;''''' || chr(10), 150000) || '''::text'); END $do$`,
    `CREATE TABLE wide (${Array.from({ length: 1600 }, (_, n) => `c${n} int${n < 1599 ? '' : ' DEFAULT 1599'}`).join(', ')})`,
  ];

  test('does not deceive the reader', async () => {
    await server.create('base', ...CONTENT);
    await server.create('compared', ...CONTENT);
    const { verdict, objects, incomplete } = await compareDatabases(
      server.source('base'),
      server.source('compared'),
    );
    expect({ verdict, incomplete }).toEqual({ verdict: 'same', incomplete: [] });
    expect(objects.find(({ kind }) => kind === 'TABLE')).toMatchObject({ identical: 4 });
  });

  test('is compared like any other', async () => {
    await server.query(
      'compared',
      `SET search_path = ${NAME}; ALTER TABLE ${NAME} ALTER t SET DEFAULT '),\n c int'; ALTER TABLE wide ALTER c1599 SET DEFAULT 0`,
      `DROP TRIGGER "r s" ON "p"; CREATE TRIGGER "r s" AFTER INSERT ON "p" FOR EACH ROW EXECUTE FUNCTION ${NAME}()`,
      `COMMENT ON COLUMN ${NAME}.${NAME} IS 'a.b IS d;'; DROP INDEX "i ON j"; CREATE INDEX "i ON j" ON ${NAME} (t DESC)`,
      `DO $do$ BEGIN EXECUTE 'CREATE OR REPLACE FUNCTION large() RETURNS text LANGUAGE sql AS ' || quote_literal('SELECT ''' || repeat('x$$;''''' || chr(10), 150000) || 'y''::text'); END $do$`,
    );
    const { differences } = await compareDatabases(server.source('base'), server.source('compared'));
    const name = NAME.slice(1, -1).replaceAll('""', '"');
    expect(differences).toMatchObject([
      { kind: 'FUNCTION', name: 'large()', class: 'definition' },
      { kind: 'INDEX', table: name, name: 'i ON j', class: 'definition' },
      {
        kind: 'TABLE',
        name,
        class: 'comment',
        changes: [expect.stringContaining("'a.b IS c;' → 'a.b IS d;'")],
      },
      {
        kind: 'TABLE',
        name,
        class: 'definition',
        changes: [`column t text DEFAULT '), b int'::text → text DEFAULT '), c int'::text`],
      },
      {
        kind: 'TABLE',
        name: 'wide',
        class: 'definition',
        changes: ['column c1599 integer DEFAULT 1599 → integer DEFAULT 0'],
      },
      { kind: 'TRIGGER', table: 'p', name: 'r s', class: 'definition' },
    ]);
    for (const { changes } of differences)
      for (const change of changes) expect(change.length).toBeLessThan(400);
  });
});

describe('what a role may not read', () => {
  const clerk = { user: 'clerk', password: 'of the clerk' };

  test('makes the verdict incomplete, never same', async () => {
    await server.query(
      'postgres',
      `CREATE ROLE clerk LOGIN PASSWORD '${clerk.password}' IN ROLE pg_read_all_data`,
    );
    await server.create(
      'hidden',
      `CREATE SUBSCRIPTION s CONNECTION 'host=a password=hush' PUBLICATION p WITH (connect = false)`,
      `CREATE FOREIGN DATA WRAPPER w; CREATE SERVER v FOREIGN DATA WRAPPER w; CREATE USER MAPPING FOR app SERVER v OPTIONS (password 'hush')`,
      `SET allow_system_table_mods = on; CREATE FUNCTION pg_catalog.slipped_in() RETURNS int LANGUAGE sql AS 'SELECT 1'`,
      // The dump has a sequence too many, that of the identity column: it makes up for no other.
      'CREATE TABLE t (a int GENERATED ALWAYS AS IDENTITY); CREATE SEQUENCE pg_catalog.slipped_in_too',
    );
    const source = server.source('hidden', {}, clerk);
    const { verdict, differences, incomplete } = await compareDatabases(source, source);
    expect({ verdict, differences }).toEqual({ verdict: 'incomplete', differences: [] });
    for (const sentence of [
      'in the catalogs and not in the dump: function pg_catalog.slipped_in(), sequence pg_catalog.slipped_in_too, subscription s',
      'options of 1 user mappings are hidden',
    ]) {
      expect(incomplete.join('\n')).toContain(sentence);
    }
  });

  test('and a table that pg_dump may not lock ends the comparison: 3', async () => {
    await server.query('postgres', `CREATE ROLE nobody LOGIN PASSWORD 'nothing'`);
    await server.create('closed', 'CREATE TABLE t ()');
    const source = server.source('closed', {}, { user: 'nobody', password: 'nothing' });
    await expect(compareDatabases(source, server.source('closed'))).rejects.toMatchObject({
      status: 3,
      message: expect.stringContaining('permission denied for table t') as string,
    });
  });
});

describe('a server with few locks', () => {
  test('is named the setting to raise: 3', async () => {
    await server.create('many');
    for (let from = 0; from < 2000; from += 50) {
      const tables = Array.from({ length: 50 }, (_, n) => `CREATE TABLE t${from + n} (id int)`);
      await server.query('many', tables.join(';'));
    }
    const source = server.source('many');
    await expect(compareDatabases(source, source)).rejects.toMatchObject({
      status: 3,
      message: expect.stringContaining('out of shared memory') as string,
      hint: expect.stringMatching(/max_locks_per_transaction = \d+ \(it is 10/) as string,
    });
  });
});
