import type { Watched } from '../../lib/stack/alembic/watch.ts';

/** What a migration does, and what the watch has to say of it. */
export interface WatchedCase {
  readonly what: string;
  /** Before the run. There is always a table items (id int, note varchar(100), price numeric(10,4)), with 100 rows. */
  readonly sql?: string;
  /** The body of `upgrade()`. */
  readonly upgrade: string;
  /** One line for each statement; see `told`. */
  readonly says: readonly string[];
  /** Lines about locks that were held; left out: they are not looked at. */
  readonly held?: readonly string[];
  readonly emptied?: readonly string[];
  /** Status of alembic, if it is not 0. */
  readonly status?: number;
  readonly driver?: string;
  /** A driver with which alembic fails there, watched or not. */
  readonly without?: string;
}

export const ITEMS = `
  CREATE TABLE items (id int PRIMARY KEY, note varchar(100), price numeric(10,4));
  INSERT INTO items SELECT g, CASE WHEN g <= 40 THEN 'note ' || g END, g FROM generate_series(1, 100) AS g;
`;

const on = (sql: string): string => `op.execute(${JSON.stringify(sql)})`;

export const CASES: readonly WatchedCase[] = [
  {
    what: 'a column more',
    upgrade: on('ALTER TABLE items ADD COLUMN extra int'),
    says: ['1 ALTER TABLE; lock public.items AccessExclusiveLock'],
    held: ['1 public.items AccessExclusiveLock commit'],
  },
  {
    what: 'a column with a volatile default',
    upgrade: on('ALTER TABLE items ADD COLUMN extra float DEFAULT random()'),
    says: [
      '1 ALTER TABLE; lock public.items AccessExclusiveLock, public.items ShareLock; rewritten public.items 100 100',
    ],
  },
  {
    what: 'another type',
    upgrade: `${on('ALTER TABLE items ALTER id TYPE bigint, ALTER price TYPE numeric(10,2)')}`,
    says: [
      '1 ALTER TABLE; lock public.items AccessExclusiveLock, public.items ShareLock; rewritten public.items 100 100; retyped public.items.id integer bigint 100, public.items.price numeric(10,4) numeric(10,2) 100',
    ],
  },
  {
    what: 'a column with data dropped, and one without',
    sql: 'ALTER TABLE items ADD empty text',
    upgrade: `op.drop_column("items", "note")\nop.drop_column("items", "empty")`,
    says: [
      '1 ALTER TABLE; lock public.items AccessExclusiveLock; dropped public.items.note 40',
      '2 ALTER TABLE; dropped public.items.empty 0',
    ],
    held: ['1 public.items AccessExclusiveLock commit'],
  },
  {
    what: 'a column that is made and goes',
    upgrade:
      on('ALTER TABLE items ADD COLUMN brief bigint DEFAULT 1') +
      '\n' +
      on('ALTER TABLE items DROP COLUMN brief'),
    says: ['1 ALTER TABLE; lock public.items AccessExclusiveLock', '2 ALTER TABLE'],
  },
  {
    what: 'tables dropped by a DO block, whatever its words',
    sql: `CREATE TABLE "Odd ""name" (a int); INSERT INTO "Odd ""name" VALUES (1), (NULL)`,
    upgrade: on(`DO $$ BEGIN EXECUTE 'DR' || 'OP TABLE items'; DROP TABLE "Odd ""name"; END $$`),
    says: [
      '1 DO; lock public."Odd ""name" AccessExclusiveLock, public.items AccessExclusiveLock; dropped public."Odd ""name" 2, public.items 100',
    ],
  },
  {
    what: 'a schema dropped with what is in it',
    sql: 'CREATE SCHEMA old; CREATE TABLE old.a AS SELECT 1 AS n; CREATE VIEW old.v AS SELECT * FROM old.a',
    upgrade: on('DROP SCHEMA old CASCADE'),
    says: ['1 DROP SCHEMA; lock old.a AccessExclusiveLock, old.v AccessExclusiveLock; dropped old.a 1'],
  },
  {
    what: 'a new table, filled, changed and dropped again',
    upgrade: [
      on('CREATE TABLE fresh (a int, b int)'),
      on('INSERT INTO fresh SELECT g, g FROM generate_series(1, 7) AS g'),
      on('ALTER TABLE fresh DROP COLUMN b'),
      on('DROP TABLE fresh'),
    ].join('\n'),
    says: [
      '1 CREATE TABLE; lock public.fresh AccessExclusiveLock (new)',
      '2 INSERT 7; lock public.fresh RowExclusiveLock (new); changed public.fresh +7 (new)',
      '3 ALTER TABLE',
      '4 DROP TABLE',
    ],
  },
  {
    what: 'rows, also those of a cascade and a trigger',
    sql: `CREATE TABLE parts (id int PRIMARY KEY, item int REFERENCES items ON DELETE CASCADE);
      INSERT INTO parts SELECT g, g FROM generate_series(1, 100) AS g; CREATE TABLE log (n int);
      CREATE FUNCTION logs() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO log VALUES (1); RETURN NULL; END $$;
      CREATE TRIGGER logs AFTER UPDATE ON items FOR EACH ROW EXECUTE FUNCTION logs()`,
    upgrade: [
      on('DELETE FROM items WHERE id > 90'),
      on('UPDATE items SET price = price + 1 WHERE id <= 5'),
    ].join('\n'),
    says: [
      '1 DELETE 10; lock public.items RowExclusiveLock, public.parts RowExclusiveLock; changed public.items -10, public.parts -10',
      '2 UPDATE 5; lock public.log RowExclusiveLock; changed public.items ~5, public.log +5',
    ],
  },
  {
    what: 'values set to NULL',
    upgrade: on('UPDATE items SET note = NULL WHERE id <= 30'),
    says: ['1 UPDATE 30; lock public.items RowExclusiveLock; changed public.items ~30'],
    emptied: ['public.items.note 30'],
  },
  {
    what: 'TRUNCATE',
    upgrade: on('TRUNCATE items'),
    says: [
      '1 TRUNCATE; lock public.items AccessExclusiveLock, public.items ShareLock; rewritten public.items 100 0',
    ],
  },
  {
    what: 'an index made anew',
    upgrade: on('REINDEX INDEX items_pkey'),
    says: ['1 REINDEX INDEX; lock public.items ShareLock, public.items_pkey AccessExclusiveLock'],
  },
  {
    what: 'an index in the transaction, and one beside it',
    without: 'pg8000',
    upgrade: `op.create_index("one", "items", ["price"])
with op.get_context().autocommit_block():
    op.execute("CREATE INDEX CONCURRENTLY two ON items (note)")
    op.execute("ALTER TABLE items DROP COLUMN price")`,
    says: [
      '1 CREATE INDEX; lock public.items ShareLock',
      '2 CREATE INDEX CONCURRENTLY; alone',
      '3 ALTER TABLE; alone; dropped public.items.price 100',
    ],
    held: ['1 public.items ShareLock commit'],
  },
  {
    what: 'several statements in one, with a SET in front',
    upgrade: on(
      "SET LOCAL lock_timeout = '5s'; ALTER TABLE items DROP COLUMN note; CREATE TABLE more (a int)",
    ),
    says: [
      '1 SET; lock public.items AccessExclusiveLock, public.more AccessExclusiveLock (new); dropped public.items.note 40',
    ],
    driver: 'psycopg',
  },
  {
    what: 'a transaction whose first statement must be the first',
    // psycopg begins another one behind such a COMMIT.
    driver: 'psycopg',
    upgrade: [
      on('COMMIT'),
      on('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ'),
      on("SET LOCAL search_path = 'nowhere'"),
      on('ALTER TABLE public.items DROP COLUMN note'),
      on('SET LOCAL search_path = public'),
    ].join('\n'),
    says: [
      ...['1 COMMIT', '2 SET', '3 SET'],
      '4 ALTER TABLE; lock public.items AccessExclusiveLock; dropped public.items.note 40',
      '5 SET',
    ],
  },
  {
    what: 'a COMMIT of its own',
    // psycopg2 does not see it: what follows is in no transaction.
    driver: 'psycopg2',
    upgrade: [
      on('LOCK TABLE items IN SHARE MODE'),
      on('COMMIT'),
      on('ALTER TABLE items DROP COLUMN note'),
    ].join('\n'),
    says: [
      '1 LOCK; lock public.items ShareLock',
      '2 COMMIT',
      '3 ALTER TABLE; alone; dropped public.items.note 40',
    ],
    held: ['1 public.items ShareLock unseen'],
  },
  {
    what: 'a savepoint that is rolled back',
    upgrade: `bind = op.get_bind()
nested = bind.begin_nested()
op.execute("LOCK TABLE items IN SHARE MODE")
nested.rollback()
op.execute("SELECT 1")`,
    says: ['1 SAVEPOINT', '2 LOCK; lock public.items ShareLock', '3 ROLLBACK', '4 SELECT 1'],
    held: ['2 public.items ShareLock savepoint'],
  },
  {
    what: 'many rows at once',
    upgrade: `import sqlalchemy as sa
op.bulk_insert(sa.table("items", sa.column("id", sa.Integer)), [{"id": n} for n in range(101, 151)])`,
    says: ['1 INSERT 50; lock public.items RowExclusiveLock; changed public.items +50'],
  },
  {
    what: 'a statement that fails',
    upgrade: [
      on('ALTER TABLE items ADD COLUMN extra int'),
      on('ALTER TABLE nowhere ADD COLUMN extra int'),
    ].join('\n'),
    says: ['1 ALTER TABLE; lock public.items AccessExclusiveLock', '2 ALTER TABLE failed 42P01'],
    held: ['1 public.items AccessExclusiveLock rollback'],
    status: 1,
  },
  {
    what: 'a statement that fails in a savepoint, and is caught',
    upgrade: `try:
    with op.get_bind().begin_nested():
        op.execute("ALTER TABLE nowhere ADD COLUMN extra int")
except Exception:
    pass
op.execute("ALTER TABLE items ADD COLUMN extra int")`,
    says: [
      '1 SAVEPOINT',
      '2 ALTER TABLE failed 42P01',
      '3 ROLLBACK',
      '4 ALTER TABLE; lock public.items AccessExclusiveLock',
    ],
  },
  {
    what: 'past SQLAlchemy: psycopg2',
    upgrade: `import io
cursor = op.get_bind().connection.cursor()
cursor.copy_expert("COPY items (id) FROM STDIN", io.StringIO("201\\n202\\n"))
cursor.execute("DROP INDEX IF EXISTS nowhere")`,
    says: ['1 COPY 2; lock public.items RowExclusiveLock; changed public.items +2', '2 DROP INDEX'],
    driver: 'psycopg2',
  },
  {
    what: 'past SQLAlchemy: psycopg',
    upgrade: `cursor = op.get_bind().connection.cursor()
with cursor.copy("COPY items (id) FROM STDIN") as copy:
    copy.write("201\\n202\\n")
cursor.execute("DROP INDEX IF EXISTS nowhere")`,
    says: ['1 COPY 2; lock public.items RowExclusiveLock; changed public.items +2', '2 DROP INDEX'],
    driver: 'psycopg',
  },
  {
    what: 'past SQLAlchemy: asyncpg, found by what it did',
    upgrade: `op.execute("CREATE TABLE more (a int)")
op.get_bind().connection.run_async(lambda c: c.copy_records_to_table("items", records=[(201, None, None)]))
op.execute("SELECT 1")`,
    says: [
      '1 CREATE TABLE; lock public.more AccessExclusiveLock (new)',
      '2 unseen 1; lock public.items AccessShareLock, public.items RowExclusiveLock; changed public.items +1',
      '3 SELECT 1',
    ],
    driver: 'asyncpg',
  },
];

/** One line for each statement. */
export const told = ({ statements }: Watched): string[] =>
  statements.map((one) => {
    const isNew = ({ existed }: { readonly existed: boolean }): string => (existed ? '' : ' (new)');
    // Whatever locks a table like that locks its indexes too.
    const isWhole = one.locks.some(
      ({ relationKind, mode }) => relationKind === 'r' && mode === 'AccessExclusiveLock',
    );
    const shown = one.locks.filter(({ relationKind }) => !isWhole || relationKind !== 'i');
    const locks = shown.map((lock) => `${lock.relation} ${lock.mode}${isNew(lock)}`);
    const rewritten = one.rewritten.map((each) => `${each.relation} ${each.rows} ${each.left}${isNew(each)}`);
    const dropped = one.dropped.map(
      ({ relation, column, rows }) => `${relation}${column === null ? '' : `.${column}`} ${rows}`,
    );
    const retyped = one.retyped.map(
      ({ relation, column, from, to, rows }) => `${relation}.${column} ${from} ${to} ${rows}`,
    );
    const changed = one.changed.map((each) => {
      const counts = [
        ['+', each.inserted],
        ['~', each.updated],
        ['-', each.deleted],
      ] as const;
      const said = counts.filter(([, rows]) => rows > 0).map(([sign, rows]) => ` ${sign}${rows}`);
      return `${each.relation}${said.join('')}${isNew(each)}`;
    });
    const rows = one.rows === null || one.failed !== undefined ? '' : ` ${one.rows}`;
    const isAlone = !one.together && one.unseen === undefined && /^(CREATE|ALTER)/.test(one.verb ?? '');
    return [
      `${one.number} ${one.verb ?? 'unseen'}${rows}${one.failed === undefined ? '' : ` failed ${one.failed}`}`,
      ...(isAlone ? ['alone'] : []),
      ...Object.entries({ lock: locks, rewritten, dropped, retyped, changed }).flatMap(([what, lines]) =>
        lines.length === 0 ? [] : [`${what} ${lines.sort().join(', ')}`],
      ),
    ].join('; ');
  });

export const heldLocks = ({ held }: Watched): string[] =>
  held
    .filter(({ existed, relationKind }) => existed && relationKind !== 'i')
    .map(
      ({ number, relation, mode, how, ms }) =>
        `${number} ${relation} ${mode} ${how}${ms > 0 ? '' : ' no time'}`,
    );

export const emptied = (watched: Watched): string[] =>
  watched.emptied.map(({ relation, column, rows }) => `${relation}.${column} ${rows}`);

/** A revision file with this body of `upgrade()`. */
export const revisionOf = (upgrade: string): string => `
from alembic import op
revision, down_revision, branch_labels, depends_on = "0001", None, None, None

def upgrade():
${upgrade.replaceAll(/^(?=.)/gm, '    ')}

def downgrade():
    op.execute("SELECT 1")
`;
