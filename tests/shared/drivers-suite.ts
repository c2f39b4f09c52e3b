import { readdirSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Receipt } from '../../lib/migrations/receipt.ts';
import { sampleOf } from '../helpers/commit.ts';
import { PATIENCE } from '../helpers/embedded.ts';
import { envOf, type Driver } from '../helpers/env-py.ts';
import type { Scratch } from '../helpers/scratch.ts';

/** Where Alembic, SQLAlchemy and the drivers come from. */
export const RELEASES = {
  debian: { alembic: '/usr/bin/alembic', modules: '/usr/lib/python3/dist-packages' },
  // What `.ci/install-programs` has got from the Python package index.
  current: { alembic: '/opt/makesafe-alembic/bin/alembic', modules: '/opt/makesafe-alembic/modules' },
} as const;
export type Release = keyof typeof RELEASES;

interface Cell {
  readonly release: Release;
  readonly driver: Driver;
  /** Who wrote the statements, as the receipt says it. */
  readonly by: RegExp;
  /** What `upgrade()` does past SQLAlchemy, with rows 201 and 202. */
  readonly copies: string;
  /** How the watch sees that: as a statement, or by what it did. */
  readonly seen: boolean;
}

const COPY = 'COPY shop.items (id, note) FROM STDIN';
const COLUMNS = '[(201, "x"), (202, "y")]';

const CELLS: readonly Cell[] = [
  {
    ...{ release: 'debian', driver: 'psycopg2', by: /^alembic 1\.8\.\S+, SQLAlchemy 1\.4\.\S+, psycopg2$/ },
    copies: `raw.cursor().copy_expert("${COPY}", io.StringIO("201\\tx\\n202\\ty\\n"))`,
    seen: true,
  },
  {
    ...{ release: 'current', driver: 'psycopg', by: /^alembic \S+, SQLAlchemy 2\.\S+, psycopg$/ },
    copies: `with raw.cursor().copy("${COPY}") as copying:
    for row in ${COLUMNS}: copying.write_row(row)`,
    seen: true,
  },
  {
    ...{
      release: 'current',
      driver: 'psycopg async',
      by: /^alembic \S+, SQLAlchemy 2\.\S+, psycopg(_async)?$/,
    },
    copies: `async def copy():
    async with raw.cursor() as cursor:
        async with cursor.copy("${COPY}") as copying:
            for row in ${COLUMNS}: await copying.write_row(row)
sa.util.await_only(copy())`,
    seen: false,
  },
  {
    ...{ release: 'current', driver: 'asyncpg', by: /^alembic \S+, SQLAlchemy 2\.\S+, asyncpg$/ },
    copies: `sa.util.await_only(raw.copy_records_to_table("items", records=${COLUMNS}, columns=["id", "note"], schema_name="shop"))`,
    seen: false,
  },
];

/** How a kind of stack is tried: `live` is protected, the copy of its database is on the server of `spare`. */
export interface DriverStack {
  readonly scratch: Scratch;
  /** Where migrations are in the scratch copy. */
  readonly folder: string;
  /** Runs statements in the database of `live`, past the code under test. */
  readonly sql: (statement: string) => Promise<string>;
  /** Those that can be had there. */
  readonly releases: readonly Release[];
  /** Has both environments use that one: words for the tasks. */
  readonly use: (release: Release) => string;
}

const ENVIRONMENT = `import os
os.environ["WHERE"] = os.environ["FIRST"] = "%s:%s" % (os.environ["POSTGRES_HOST"], os.environ["POSTGRES_PORT"])
os.environ["LOGIN"] = os.environ["POSTGRES_USER"]
`;

/** @param database an expression of Python */
const envPy = (driver: Driver, database: string): string =>
  `${ENVIRONMENT}os.environ["NAME"] = ${database}\n` +
  envOf('plain', driver).replace('configure(', 'configure(transaction_per_migration=True, ');

const revision = (id: string, before: string | null, upgrade: string, downgrade: string): string => `
import io, time
import sqlalchemy as sa
from alembic import op
revision, down_revision = "${id}", ${before === null ? 'None' : `"${before}"`}
items = sa.table("items", sa.column("id", sa.Integer), sa.column("note", sa.String), schema="shop")

def upgrade():
${upgrade.replaceAll(/^(?=.)/gm, '    ')}

def downgrade():
    op.execute("${downgrade}")
`;

const MADE = `CREATE TABLE shop.items (id int PRIMARY KEY, note varchar(100), other text);
  INSERT INTO shop.items SELECT g, 'note', 'other' FROM generate_series(1, 100) AS g`;

/** The ways in which statements go to the driver: with parameters of each style, many rows, DDL, alone, and COPY. */
const second = (
  copies: string,
): string => `op.add_column("items", sa.Column("extra", sa.Integer), schema="shop")
op.bulk_insert(items, [{"id": n, "note": "new"} for n in range(101, 151)])
op.execute(items.update().where(items.c.id == 5).values(note="100 % five"))
op.get_bind().execute(sa.text("UPDATE shop.items SET extra = :extra WHERE id < :below"), {"extra": 1, "below": 10})
op.get_bind().exec_driver_sql("UPDATE shop.items SET extra = 2 WHERE note = 'new'")
sa.Enum("a", "b", name="kind", schema="shop").create(op.get_bind())
op.create_index("items_note", "items", ["note"], schema="shop")
fairy = op.get_bind().connection
raw = getattr(fairy, "driver_connection", None) or fairy.connection
${copies}
op.execute("ALTER TABLE shop.items ALTER extra SET DEFAULT 3")
with op.get_context().autocommit_block():
    op.execute("CREATE INDEX CONCURRENTLY items_extra ON shop.items (extra)")`;

/** Each driver, with the releases that it goes with: watched, bound, rehearsed, and held to what was rehearsed. */
export function driversSuite(kind: string, { scratch, folder, sql, releases, use }: DriverStack): void {
  const found = CELLS.filter(({ release }) => releases.includes(release));
  const chosen = process.env['MATRIX'] === 'all' ? found : sampleOf(found, 1);
  const file = (name: string): string => `${folder}/${name}`;
  const state = (): Promise<string> =>
    sql(`SELECT (SELECT version_num FROM alembic_version), (SELECT count(*) FROM shop.items),
      obj_description('shop.items'::regclass), (SELECT string_agg(attname, ' ' ORDER BY attnum) FROM pg_attribute
        WHERE attrelid = 'shop.items'::regclass AND attnum > 0 AND NOT attisdropped)`);
  const newest = (): Receipt => {
    const name = readdirSync(scratch.path('journal/rehearsals')).sort().at(-1)!;
    return JSON.parse(scratch.read(`journal/rehearsals/${name}`)) as Receipt;
  };

  describe(`drivers on the ${kind} stack`, () => {
    beforeAll(async () => {
      scratch.write(file('alembic.ini'), '[alembic]\nscript_location = %(here)s\n');
      scratch.write(file('versions/0001.py'), revision('0001', null, 'pass', 'SELECT 1'));
      scratch.write(file('env.py'), envPy('psycopg2', 'os.environ["POSTGRES_DB"]'));
      for (const name of ['live', 'spare']) await scratch.mustTask(`up ENV=${name}`);
      await sql(`CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);
        INSERT INTO alembic_version VALUES ('0001'); CREATE SCHEMA shop; ${MADE}`);
      await sql('CREATE DATABASE other');
      await scratch.mustTask('backup ENV=live');
    }, 3 * PATIENCE);

    if (found.length < CELLS.length)
      test.skip('current releases: .ci/install-programs has got them', () => {});

    test.each(chosen.map((cell) => [cell.driver, cell] as const))(
      '%s',
      async (driver, { release, by, copies, seen }) => {
        const words = use(release);
        await sql(
          `DROP TABLE shop.items; DROP TYPE IF EXISTS shop.kind; ${MADE}; UPDATE alembic_version SET version_num = '0001'`,
        );
        scratch.write(
          file('versions/0002.py'),
          revision('0002', '0001', second(copies), 'DROP TYPE shop.kind'),
        );
        const clock = `op.execute("COMMENT ON TABLE shop.items IS '%d'" % time.time_ns())`;
        scratch.write(
          file('versions/0003.py'),
          revision('0003', '0002', clock, 'COMMENT ON TABLE shop.items IS NULL'),
        );
        const before = await state();

        // Bound.
        scratch.write(file('env.py'), envPy(driver, '"other"'));
        const elsewhere = await scratch.runTask(`al-up-env ENV=live BACKUP=skip ALLOW=unrehearsed ${words}`);
        expect(elsewhere.stderr).toMatch(
          /alembic reaches database other \(no marker, system \d+\), not the one that was shown/,
        );
        expect(elsewhere.status).toBe(77);
        expect(await state()).toBe(before);

        // Watched.
        scratch.write(file('env.py'), envPy(driver, 'os.environ["POSTGRES_DB"]'));
        const rehearsal = await scratch.runTask(`al-rehearse-env ENV=live ON=spare ${words}`);
        expect(rehearsal.status, rehearsal.stderr).toBe(0);
        const receipt = newest();
        expect(receipt.by).toMatch(by);
        expect(receipt).toMatchObject({ migrated: true, to: ['0003'], lost: [] });
        expect([...new Set(receipt.hazards.map(({ kind: hazard }) => hazard))]).toEqual([
          'not-transactional',
        ]);
        const statements = receipt.statements.filter((one) => one.revision === '0002');
        const inserted = statements.flatMap(({ unseen, changed }) =>
          changed.map((one) => [unseen ?? false, one.relation, one.inserted, one.updated]),
        );
        expect(inserted).toEqual([
          [false, 'shop.items', 50, 0],
          [false, 'shop.items', 0, 1],
          [false, 'shop.items', 0, 9],
          [false, 'shop.items', 0, 50],
          [!seen, 'shop.items', 2, 0],
        ]);
        const held = receipt.held.map(({ relation, mode }) => `${relation} ${mode}`);
        expect(held).toEqual(
          expect.arrayContaining(['shop.items AccessExclusiveLock', 'shop.items ShareLock']),
        );
        expect(receipt.rows.after['shop.items']).toBe(152);
        expect(await state()).toBe(before);

        // Held to it: what is the same is done, and the first statement that differs is not sent.
        const up = await scratch.runTask(`al-up-env ENV=live BACKUP=skip ALLOW=not-transactional ${words}`);
        expect(up.stderr).not.toContain('not compared');
        expect(up.stderr).toContain('COMMENT ON TABLE shop.items');
        expect(up.status, up.stderr).toBe(1);
        expect(await state()).toBe('0002|152||id note other extra');
      },
      3 * PATIENCE,
    );
  });
}
