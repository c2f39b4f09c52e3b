import type { HazardKind } from '../../lib/migrations/allow.ts';

/** A revision of which it is known what it does. `{T}` is a table of its own, which is there with 100 rows. */
export interface SeededMigration {
  readonly id: string;
  /** SQL of what is there before beside the table. */
  readonly sql?: string;
  /** The body of upgrade(): statements of SQL, or lines of Python. */
  readonly up: readonly string[] | string;
  /** The body of downgrade(); null: there is none. Default: it does something. */
  readonly down?: string | null;
}

/** The table of each: the same columns, so that a seed is about what it does. */
export const TABLE = `CREATE TABLE {T} (id int PRIMARY KEY, note varchar(100) NOT NULL, big bigint, price numeric(10,4), at timestamptz,
    ratio float8, empty text);
  INSERT INTO {T} SELECT g, 'note ' || g % 50, 3000000000 + g, g / 3.0, '2024-01-01 12:34:56+00', g / 7.0 FROM generate_series(1, 100) AS g;`;

export const HARMLESS: readonly SeededMigration[] = [
  { id: 'column', up: ['ALTER TABLE {T} ADD COLUMN extra int'] },
  { id: 'column_default', up: ["ALTER TABLE {T} ADD COLUMN extra text NOT NULL DEFAULT 'x'"] },
  { id: 'column_now', up: ['ALTER TABLE {T} ADD COLUMN made timestamptz NOT NULL DEFAULT now()'] },
  { id: 'column_empty', up: ['ALTER TABLE {T} DROP COLUMN empty'] },
  { id: 'column_made', up: ['ALTER TABLE {T} ADD COLUMN brief int', 'ALTER TABLE {T} DROP COLUMN brief'] },
  { id: 'column_renamed', up: ['ALTER TABLE {T} RENAME COLUMN note TO remark'] },
  { id: 'wider_varchar', up: ['ALTER TABLE {T} ALTER note TYPE varchar(200)'] },
  { id: 'wider_text', up: ['ALTER TABLE {T} ALTER note TYPE text'] },
  { id: 'wider_numeric', up: ['ALTER TABLE {T} ALTER price TYPE numeric(12,4)'] },
  { id: 'default', up: ["ALTER TABLE {T} ALTER note SET DEFAULT 'none'", 'ALTER TABLE {T} ALTER note DROP DEFAULT'] },
  { id: 'nullable', up: ['ALTER TABLE {T} ALTER note DROP NOT NULL'] },
  { id: 'not_null', up: ['ALTER TABLE {T} ALTER price SET NOT NULL'] },
  { id: 'check', up: ['ALTER TABLE {T} ADD CHECK (id > 0) NOT VALID'] },
  {
    id: 'check_validated',
    up: ['ALTER TABLE {T} ADD CONSTRAINT above CHECK (id > 0) NOT VALID', 'ALTER TABLE {T} VALIDATE CONSTRAINT above'],
  },
  { id: 'unique', up: ['ALTER TABLE {T} ADD UNIQUE (big)'] },
  {
    id: 'foreign_key',
    up: ['CREATE TABLE {T}_more (item int REFERENCES {T})', 'INSERT INTO {T}_more SELECT id FROM {T}'],
  },
  { id: 'index', up: ['CREATE INDEX ON {T} (note)'] },
  { id: 'index_dropped', sql: 'CREATE INDEX {I}_on ON {T} (note)', up: ['DROP INDEX {S}.{I}_on'] },
  { id: 'index_renamed', sql: 'CREATE INDEX {I}_on ON {T} (note)', up: ['ALTER INDEX {S}.{I}_on RENAME TO {I}_new'] },
  { id: 'constraint_dropped', sql: 'ALTER TABLE {T} ADD CONSTRAINT above CHECK (id > 0)', up: ['ALTER TABLE {T} DROP CONSTRAINT above'] },
  { id: 'table', up: ['CREATE TABLE {T}_more (id int PRIMARY KEY)'] },
  {
    id: 'table_made',
    up: [
      'CREATE TABLE {T}_more (id int PRIMARY KEY, gone int)',
      'INSERT INTO {T}_more SELECT generate_series(1, 9)',
      'ALTER TABLE {T}_more ALTER id TYPE bigint',
      'ALTER TABLE {T}_more DROP COLUMN gone',
      'DELETE FROM {T}_more WHERE id > 5',
      'DROP TABLE {T}_more',
    ],
  },
  { id: 'table_empty', sql: 'CREATE TABLE {T}_more (a int)', up: ['DROP TABLE {T}_more'] },
  { id: 'table_renamed', up: ['ALTER TABLE {T} RENAME TO {I}_moved'] },
  { id: 'table_settings', up: ['ALTER TABLE {T} SET (fillfactor = 90)', 'ALTER TABLE {T} ALTER note SET STATISTICS 200'] },
  { id: 'comment', up: ["COMMENT ON TABLE {T} IS 'things'"] },
  { id: 'granted', up: ['GRANT SELECT ON {T} TO PUBLIC'] },
  { id: 'view', up: ['CREATE VIEW {T}_view AS SELECT * FROM {T}'] },
  { id: 'view_dropped', sql: 'CREATE VIEW {T}_view AS SELECT * FROM {T}', up: ['DROP VIEW {T}_view'] },
  { id: 'view_kept', up: ['CREATE MATERIALIZED VIEW {T}_kept AS SELECT * FROM {T}'] },
  { id: 'function', up: ["CREATE FUNCTION {T}_f() RETURNS int LANGUAGE sql AS 'SELECT 1'"] },
  { id: 'function_dropped', sql: "CREATE FUNCTION {T}_f() RETURNS int LANGUAGE sql AS 'SELECT 1'", up: ['DROP FUNCTION {T}_f()'] },
  { id: 'enum', up: ["CREATE TYPE {T}_type AS ENUM ('a', 'b')"] },
  { id: 'enum_value', sql: "CREATE TYPE {T}_type AS ENUM ('a', 'b')", up: ["ALTER TYPE {T}_type ADD VALUE 'c'"] },
  { id: 'sequence', up: ['CREATE SEQUENCE {T}_seq OWNED BY {T}.id'] },
  {
    id: 'partition',
    sql: 'CREATE TABLE {T}_parted (a int) PARTITION BY LIST (a)',
    up: ['CREATE TABLE {T}_part PARTITION OF {T}_parted FOR VALUES IN (1)'],
  },
  { id: 'rows', up: ["INSERT INTO {T} (id, note) SELECT g, 'new' FROM generate_series(101, 120) AS g"] },
  { id: 'rows_none', up: ['DELETE FROM {T} WHERE id > 1000'] },
  { id: 'values', up: ["UPDATE {T} SET note = upper(note), price = coalesce(price, 0)"] },
  {
    id: 'python',
    up: `bind = op.get_bind()
for (number,) in bind.exec_driver_sql("SELECT id FROM {T} ORDER BY id LIMIT 5").fetchall():
    op.execute("UPDATE {T} SET big = %d WHERE id = %d" % (number, number))`,
  },
]; // prettier-ignore

interface Bad extends SeededMigration {
  /** Exactly these have to be named. */
  readonly hazards: readonly HazardKind[];
}

const LOSES = ['deletes-data', 'irreversible'] as const;
const NARROWS = ['deletes-data', 'rewrites-table', 'irreversible'] as const;
const ALONE = (lines: string): string => `with op.get_context().autocommit_block():\n    ${lines}`;

/** Seconds: longer than the limits that the test sets. */
const BLOCKS = 'SELECT pg_sleep(1.2)';

export const HAZARDOUS: readonly Bad[] = [
  { id: 'drop_column', up: ['ALTER TABLE {T} DROP COLUMN note'], hazards: LOSES },
  { id: 'drop_column_op', up: 'op.drop_column("{I}", "price", schema="{S}")', hazards: LOSES },
  { id: 'drop_column_of_parts', sql: 'CREATE TABLE {T}_parted (a int, b int) PARTITION BY LIST (a); CREATE TABLE {T}_1 PARTITION OF {T}_parted DEFAULT; INSERT INTO {T}_parted VALUES (1, 1)', up: ['ALTER TABLE {T}_parted DROP COLUMN b'], hazards: LOSES },
  { id: 'drop_type', sql: "CREATE TYPE {T}_type AS ENUM ('a'); ALTER TABLE {T} ADD kind {T}_type DEFAULT 'a'", up: ['DROP TYPE {T}_type CASCADE'], hazards: LOSES },
  { id: 'drop_table', up: ['DROP TABLE {T}'], hazards: LOSES },
  { id: 'drop_table_do', up: ["DO $$ BEGIN EXECUTE 'DROP ' || 'TABLE {T}'; END $$"], hazards: LOSES },
  { id: 'drop_part', sql: 'CREATE TABLE {T}_parted (a int) PARTITION BY LIST (a); CREATE TABLE {T}_1 PARTITION OF {T}_parted DEFAULT; INSERT INTO {T}_parted VALUES (1)', up: ['DROP TABLE {T}_1'], hazards: LOSES },
  { id: 'drop_schema', sql: 'CREATE SCHEMA {I}; CREATE TABLE {I}.things AS SELECT 1 AS a', up: ['DROP SCHEMA {I} CASCADE'], hazards: LOSES },
  { id: 'replace_table', up: ['CREATE TABLE {T}_new AS SELECT id FROM {T}', 'DROP TABLE {T}', 'ALTER TABLE {T}_new RENAME TO {I}'], hazards: LOSES },
  { id: 'delete', up: ['DELETE FROM {T}'], hazards: LOSES },
  { id: 'delete_with', up: ['WITH gone AS (DELETE FROM {T} WHERE id > 90 RETURNING id) SELECT count(*) FROM gone'], hazards: LOSES },
  { id: 'delete_function', sql: "CREATE FUNCTION {T}_f() RETURNS void LANGUAGE sql AS 'DELETE FROM {T} WHERE id < 5'", up: ['SELECT {T}_f()'], hazards: LOSES },
  { id: 'delete_cascade', sql: 'CREATE TABLE {T}_more (item int REFERENCES {T} ON DELETE CASCADE); INSERT INTO {T}_more SELECT id FROM {T}', up: ['DELETE FROM {T} WHERE id = 1'], hazards: LOSES },
  { id: 'delete_trigger', sql: "CREATE TABLE {T}_more AS SELECT 1 AS a; CREATE FUNCTION {T}_f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN DELETE FROM {T}_more; RETURN NULL; END'; CREATE TRIGGER f AFTER UPDATE ON {T} EXECUTE FUNCTION {T}_f()", up: ['UPDATE {T} SET big = 1'], hazards: LOSES },
  { id: 'truncate', up: ['TRUNCATE {T}'], hazards: LOSES },
  { id: 'null', up: ['UPDATE {T} SET price = NULL WHERE id <= 30'], hazards: LOSES },
  { id: 'null_conflict', up: ["INSERT INTO {T} (id, note) VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET price = NULL"], hazards: LOSES },
  { id: 'narrow_numeric', up: ['ALTER TABLE {T} ALTER price TYPE numeric(10,2)'], hazards: NARROWS },
  { id: 'narrow_varchar', up: ['ALTER TABLE {T} ALTER note TYPE varchar(3) USING left(note, 3)'], hazards: NARROWS },
  { id: 'narrow_date', up: ['ALTER TABLE {T} ALTER at TYPE date'], hazards: NARROWS },
  { id: 'narrow_float', up: ['ALTER TABLE {T} ALTER ratio TYPE int'], hazards: NARROWS },
  { id: 'rewrite_default', up: ['ALTER TABLE {T} ADD COLUMN chance float DEFAULT random()'], hazards: ['rewrites-table'] },
  { id: 'rewrite_bigint', up: ['ALTER TABLE {T} ALTER id TYPE bigint'], hazards: ['rewrites-table'] },
  { id: 'rewrite_serial', up: ['ALTER TABLE {T} ADD COLUMN number serial'], hazards: ['rewrites-table'] },
  { id: 'rewrite_generated', up: ['ALTER TABLE {T} ADD COLUMN double int GENERATED ALWAYS AS (id * 2) STORED'], hazards: ['rewrites-table'] },
  { id: 'rewrite_cluster', up: ['CLUSTER {T} USING {I}_pkey'], hazards: ['rewrites-table'] },
  { id: 'rewrite_unlogged', up: ['ALTER TABLE {T} SET UNLOGGED'], hazards: ['rewrites-table'] },
  { id: 'reads_column', up: ['ALTER TABLE {T} ADD COLUMN late int', BLOCKS], hazards: ['blocks-reads'] },
  { id: 'reads_update', up: ['ALTER TABLE {T} ADD COLUMN late int', 'UPDATE {T} SET late = 1 WHERE id = 1 AND (SELECT pg_sleep(1.2)) IS NOT NULL'], hazards: ['blocks-reads'] },
  { id: 'reads_index', sql: 'CREATE INDEX {I}_note ON {T} (note)', up: ['DROP INDEX {S}.{I}_note', BLOCKS], hazards: ['blocks-reads'] },
  { id: 'reads_lock', up: ['LOCK TABLE {T}', BLOCKS], hazards: ['blocks-reads'] },
  { id: 'writes_index', up: ['CREATE INDEX ON {T} (note)', BLOCKS], hazards: ['blocks-writes'] },
  { id: 'writes_reference', up: ['CREATE TABLE {T}_more (item int REFERENCES {T})', BLOCKS], hazards: ['blocks-writes'] },
  { id: 'writes_trigger', sql: "CREATE FUNCTION {T}_f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'", up: ['CREATE TRIGGER f BEFORE INSERT ON {T} EXECUTE FUNCTION {T}_f()', BLOCKS], hazards: ['blocks-writes'] },
  { id: 'long', up: ['SELECT pg_sleep(4.2)'], hazards: ['long'] },
  { id: 'long_together', up: ['SELECT pg_sleep(2.2)', 'SELECT 1', 'SELECT pg_sleep(2.2)'], hazards: ['long'] },
  { id: 'alone_index', up: ALONE('op.execute("CREATE INDEX CONCURRENTLY ON {T} (big)")'), hazards: ['not-transactional'] },
  { id: 'alone_reindex', up: ALONE('op.execute("REINDEX TABLE CONCURRENTLY {T}")'), hazards: ['not-transactional'] },
  { id: 'alone_vacuum', up: ALONE('op.execute("VACUUM {T}")'), hazards: ['not-transactional'] },
  { id: 'alone_column', up: ALONE('op.execute("ALTER TABLE {T} ADD COLUMN extra int")'), hazards: ['not-transactional'] },
  { id: 'no_way_raises', up: ['ALTER TABLE {T} ADD COLUMN extra int'], down: 'raise NotImplementedError("forward only")', hazards: ['irreversible'] },
  { id: 'no_way_empty', up: ['ALTER TABLE {T} ADD COLUMN extra int'], down: 'pass', hazards: ['irreversible'] },
  { id: 'no_way_words', up: ['ALTER TABLE {T} ADD COLUMN extra int'], down: '"""Nothing to do."""', hazards: ['irreversible'] },
  { id: 'no_way', up: ['ALTER TABLE {T} ADD COLUMN extra int'], down: null, hazards: ['irreversible'] },
]; // prettier-ignore

interface Failing extends SeededMigration {
  /** What the server or Python says. */
  readonly says: string;
}

/** For what is there, they fail: each at another kind of statement. */
export const FAILING: readonly Failing[] = [
  { id: 'unique', up: ['ALTER TABLE {T} ADD UNIQUE (note)'], says: 'could not create unique index' },
  { id: 'not_null', up: ['ALTER TABLE {T} ALTER empty SET NOT NULL'], says: 'contains null values' },
  { id: 'column', up: ['ALTER TABLE {T} ADD COLUMN extra int NOT NULL'], says: 'contains null values' },
  { id: 'check', up: ['ALTER TABLE {T} ADD CHECK (id < 100)'], says: 'is violated by some row' },
  { id: 'reference', up: ['CREATE TABLE {T}_more (id int PRIMARY KEY)', 'ALTER TABLE {T} ADD FOREIGN KEY (id) REFERENCES {T}_more'], says: 'violates foreign key constraint' },
  { id: 'cast', up: ['ALTER TABLE {T} ALTER note TYPE int USING note::int'], says: 'invalid input syntax for type integer' },
  { id: 'too_long', up: ['ALTER TABLE {T} ALTER note TYPE varchar(3)'], says: 'value too long for type' },
  { id: 'too_large', up: ['ALTER TABLE {T} ALTER big TYPE int'], says: 'integer out of range' },
  { id: 'no_table', up: ['ALTER TABLE {T}_nowhere ADD COLUMN extra int'], says: 'does not exist' },
  { id: 'insert', up: ["INSERT INTO {T} (id, note) VALUES (7, 'x')"], says: 'duplicate key value' },
  { id: 'update', up: ['UPDATE {T} SET price = 1 / (id - 50)'], says: 'division by zero' },
  { id: 'depends', sql: 'CREATE VIEW {T}_view AS SELECT note FROM {T}', up: ['ALTER TABLE {T} DROP COLUMN note'], says: 'other objects depend on it' },
  { id: 'alone', up: ALONE('op.execute("CREATE UNIQUE INDEX CONCURRENTLY {I}_once ON {T} (note)")'), says: 'could not create unique index' },
  { id: 'raises', up: ["DO $$ BEGIN IF (SELECT count(*) FROM {T}) > 50 THEN RAISE 'too many rows'; END IF; END $$"], says: 'too many rows' },
  { id: 'python', up: 'op.execute("UPDATE {T} SET big = %d" % {0: 1}[op.get_bind().exec_driver_sql("SELECT max(id) FROM {T}").scalar()])', says: 'KeyError: 100' },
]; // prettier-ignore

/** They come to other statements than in their rehearsal: by the clock, by chance, by what is there. */
export const UNSTEADY: readonly SeededMigration[] = [
  { id: 'clock', up: 'import time\nop.execute("UPDATE {T} SET big = %d" % time.time_ns())' },
  { id: 'chance', up: 'import uuid\nop.execute("COMMENT ON TABLE {T} IS \'%s\'" % uuid.uuid4())' },
  {
    id: 'rows',
    up: `number = op.get_bind().exec_driver_sql("SELECT count(*) FROM {T}").scalar()
op.execute("ALTER TABLE {T} ADD COLUMN extra int" if number <= 100 else "ALTER TABLE {T} ADD COLUMN more int")`,
  },
];
