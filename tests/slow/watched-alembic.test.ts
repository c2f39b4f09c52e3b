import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type pg from 'pg';
import { beforeAll, describe, expect, test } from 'vitest';
import { heldTo } from '../../lib/migrations/held-to.ts';
import { pythonOf } from '../../lib/stack/alembic/find-python.ts';
import { runAlembic, type AlembicResult, type Place } from '../../lib/stack/alembic/run-alembic.ts';
import { expectedAt, type Rehearsal } from '../../lib/stack/alembic/rehearsal.ts';
import type { WatchOptions } from '../../lib/stack/alembic/watch.ts';
import { POISON, envOf, type Driver } from '../helpers/env-py.ts';
import { PATIENCE, connect, useEmbedded } from '../helpers/embedded.ts';
import { run } from '../helpers/processes.ts';
import {
  CASES,
  ITEMS,
  emptied,
  heldLocks,
  revisionOf,
  told,
  type WatchedCase,
} from '../helpers/watched-cases.ts';

/** Debian's alembic, and those that are named: with each driver that its Python has. */
const ALEMBICS = [...(process.env['ALEMBICS']?.split(':') ?? []), '/usr/bin/alembic'].filter((file) =>
  existsSync(file),
);
const IMPORTS: Readonly<Record<string, readonly Driver[]>> = {
  psycopg2: ['psycopg2'],
  psycopg: ['psycopg', 'psycopg async'],
  asyncpg: ['asyncpg'],
  pg8000: ['pg8000'],
};

const FOUND = await Promise.all(
  ALEMBICS.flatMap((file) =>
    Object.entries(IMPORTS).map(async ([module, drivers]) => {
      const { words } = pythonOf({ file, args: [] });
      const { status } = await run([...words, '-c', `import alembic, ${module}`]);
      return status === 0 ? drivers.map((driver): [string, Driver] => [file, driver]) : [];
    }),
  ),
);
const STACKS = FOUND.flat();

describe('alembic, watched', () => {
  const LOGIN = { environment: 'watched', user: 'app' };
  const scratch = useEmbedded({
    only: [],
    environments: {
      watched: {
        entry: { stack: 'embedded' },
        env: { POSTGRES_USER: 'app', POSTGRES_DB: 'core', POSTGRES_PASSWORD: 'app' },
      },
    },
  });
  let databases = 0;

  beforeAll(() => scratch.mustTask('up ENV=watched'), PATIENCE);

  async function asked<T>(database: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
    const client = await connect(scratch, { ...LOGIN, database });
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }

  async function makeDatabase(sql: string): Promise<string> {
    const name = `cell_${++databases}`;
    await asked('core', (client) => client.query(`CREATE DATABASE ${name}`));
    await asked(name, (client) => client.query(ITEMS + sql));
    return name;
  }

  interface Watching {
    readonly file: string;
    readonly driver: Driver;
    readonly database: string;
    readonly upgrade: string;
    readonly watch: WatchOptions | undefined;
    readonly env?: string;
    readonly words?: readonly string[];
    readonly rehearsed?: Rehearsal;
    /** The database that this one is a copy of. */
    readonly copyOf?: string;
    /** A second revision file. */
    readonly second?: string;
  }

  async function migrate({
    file,
    driver,
    database,
    upgrade,
    watch,
    env,
    words,
    second,
    rehearsed,
    copyOf,
  }: Watching): Promise<AlembicResult> {
    // One name for both runs of a case: it is in what alembic prints.
    const project = `project-${database}-${driver.replace(' ', '-')}`;
    mkdirSync(scratch.path(project, 'versions'), { recursive: true });
    scratch.write(`${project}/env.py`, env ?? envOf('plain', driver));
    scratch.write(`${project}/versions/0001.py`, revisionOf(upgrade));
    if (second !== undefined) scratch.write(`${project}/versions/0002.py`, second);
    scratch.write(`${project}/alembic.ini`, `[alembic]\nscript_location = .\nversion_locations = versions\n`);
    const where = `127.0.0.1:${scratch.server('watched').port}`;
    const place: Place = {
      ...{ environment: 'watched', settings: 'the settings', nameThePython: 'name it' },
      ask: (question) => asked(database, question),
      python: () => Promise.resolve().then(() => pythonOf({ file, args: [] })),
      start: (args, instead) =>
        run([...(instead ? [...instead.words, '-'] : [file]), '-c', 'alembic.ini', ...args], {
          cwd: scratch.path(project),
          env: { WHERE: where, FIRST: where, NAME: database, LOGIN: 'app', PYTHONDONTWRITEBYTECODE: '1' },
          ...(instead ? { input: instead.input } : {}),
        }),
    };
    return runAlembic(place, words ?? ['upgrade', 'head'], {
      ...{ watch, rehearsed },
      ...(copyOf === undefined ? {} : { instead: { database, copyOf } }),
    });
  }

  const cases = STACKS.flatMap(([file, driver]) =>
    CASES.filter((one) => (one.driver ?? driver) === driver && one.without !== driver).map(
      (one): [string, Driver, string, WatchedCase, string] => [dirname(file), driver, one.what, one, file],
    ),
  );

  test.concurrent.each(cases)('%s, %s: %s', async (_folder, driver, _what, one, file) => {
    const database = await makeDatabase(one.sql ?? '');
    const { upgrade } = one;
    const { status, stderr, watched } = await migrate({
      file,
      driver,
      database,
      upgrade,
      watch: { count: true },
    });
    expect(status, stderr).toBe(one.status ?? 0);
    expect(watched!.lost).toEqual([]);
    expect(told(watched!)).toEqual(one.says);
    if (one.held) expect(heldLocks(watched!)).toEqual(one.held);
    expect(emptied(watched!)).toEqual(one.emptied ?? []);
    expect(watched!.revisions).toMatchObject([
      { revision: '0001', way: 'up', file: '0001.py', downgrade: 'there' },
    ]);
    expect(watched!.rows.before['public.items']).toBe(100);
    if (status !== 0) return;
    const counted = await asked(database, async (client) => {
      const tables = Object.keys(watched!.rows.after);
      const rows = await Promise.all(
        tables.map((table) => client.query<{ count: string }>(`SELECT count(*) FROM ${table}`)),
      );
      return Object.fromEntries(tables.map((table, at) => [table, Number(rows[at]!.rows[0]!.count)]));
    });
    // All of its own are there, but for the version table, which is written behind the last look.
    expect({ ...watched!.rows.after, 'public.alembic_version': 1 }).toEqual({
      ...counted,
      'public.alembic_version': 1,
    });
  });

  test.concurrent.each(STACKS)(
    '%s, %s: status and output are those without a watch',
    async (file, driver) => {
      for (const upgrade of [
        'op.execute("ALTER TABLE items ADD COLUMN extra int")',
        'op.execute("SELECT nowhere")',
        'raise RuntimeError("not today")',
      ]) {
        const cell = { file, driver, upgrade };
        const [plain, watched] = [await makeDatabase(''), await makeDatabase('')];
        const results = [
          await migrate({ ...cell, database: plain, watch: undefined }),
          await migrate({ ...cell, database: watched, watch: { count: true } }),
        ];
        const [one, other] = results.map(({ status, stdout, stderr }) => ({
          ...{ status, stdout },
          stderr: stderr.replaceAll(/cell_\d+/g, 'cell'),
        }));
        expect(other).toEqual(one);
      }
    },
  );

  // With psycopg, alembic itself does not get on there.
  const others = STACKS.filter(([, driver]) => !driver.startsWith('psycopg ') && driver !== 'psycopg');
  test.concurrent.each(others)(
    '%s, %s: neither search_path nor settings hide anything',
    async (file, driver) => {
      const database = await makeDatabase(POISON);
      await asked(database, (client) =>
        client.query(`ALTER DATABASE ${database} SET search_path = public, evil, pg_catalog;
        ALTER DATABASE ${database} SET standard_conforming_strings = off;
        ALTER DATABASE ${database} SET extra_float_digits = -15`),
      );
      const upgrade =
        'op.execute("SET LOCAL timezone = \'Asia/Tokyo\'")\nop.execute("DROP TABLE public.items")';
      const { watched } = await migrate({ file, driver, database, upgrade, watch: { count: true } });
      expect(told(watched!)).toEqual([
        '1 SET',
        '2 DROP TABLE; lock public.items AccessExclusiveLock; dropped public.items 100',
      ]);
    },
  );

  test.concurrent.each(STACKS)(
    '%s, %s: several revisions in one transaction, and back',
    async (file, driver) => {
      const database = await makeDatabase('');
      const second = `
from alembic import op
revision, down_revision, branch_labels, depends_on = "0002", "0001", None, None

def upgrade():
    op.execute("ALTER TABLE items DROP COLUMN extra")

def downgrade():
    op.execute("DROP TABLE items")
`;
      const upgrade = 'op.execute("ALTER TABLE items ADD COLUMN extra int DEFAULT 1")';
      const cell = { file, driver, database, upgrade, second, watch: { count: true } };
      const { watched } = await migrate(cell);
      expect(watched!.statements.map(({ revision }) => revision)).toEqual(['0001', '0002']);
      expect(told(watched!)).toEqual([
        '1 ALTER TABLE; lock public.items AccessExclusiveLock',
        // What the transaction itself has made is nobody's.
        '1 ALTER TABLE',
      ]);
      expect(heldLocks(watched!)).toEqual(['1 public.items AccessExclusiveLock commit']);
      const back = await migrate({ ...cell, words: ['downgrade', 'base'] });
      expect(back.watched!.revisions.map(({ revision, way }) => [revision, way])).toEqual([
        ['0002', 'down'],
        ['0001', 'down'],
      ]);
      expect(told(back.watched!)).toEqual([
        '1 DROP TABLE; lock public.items AccessExclusiveLock; dropped public.items 100',
        '1 SELECT 1',
      ]);
    },
  );

  test('without counting no table is read', async () => {
    const database = await makeDatabase('');
    const upgrade =
      'op.execute("ALTER TABLE items DROP COLUMN note, ADD COLUMN extra float DEFAULT random()")';
    const [file, driver] = STACKS[0]!;
    const { watched } = await migrate({ file, driver, database, upgrade, watch: { count: false } });
    expect(told(watched!)).toEqual([
      '1 ALTER TABLE; lock public.items AccessExclusiveLock, public.items ShareLock; rewritten public.items null null; dropped public.items.note null',
    ]);
    expect(watched!.rows).toEqual({ before: {}, after: {} });
  });

  describe('held to its rehearsal', () => {
    const ADD = 'op.execute("ALTER TABLE items ADD COLUMN extra int")';
    const DROP = 'op.execute("ALTER TABLE items DROP COLUMN note")';
    const COLUMNS = `SELECT string_agg(attname, ',' ORDER BY attnum) AS columns FROM pg_attribute
      WHERE attrelid = 'items'::regclass AND attnum > 0 AND NOT attisdropped`;
    const AS_IT_WAS = 'id,note,price';

    interface Held {
      readonly file: string;
      readonly driver: Driver;
      /** The bodies of `upgrade()` then and now. */
      readonly then: string;
      readonly now: string;
      readonly second?: string;
      readonly stops?: boolean;
      readonly by?: string;
    }

    async function hold({ file, driver, then, now, second, stops = true, by }: Held) {
      const [copy, database] = [await makeDatabase(''), await makeDatabase('')];
      const cell = { file, driver, ...(second === undefined ? {} : { second }) };
      const before = await migrate({
        ...{ ...cell, database: copy, upgrade: then, watch: { count: true }, copyOf: database },
      });
      expect(before.status, before.stderr).toBe(0);
      const watched = by === undefined ? before.watched! : { ...before.watched!, by };
      const rehearsed = heldTo(watched, stops);
      const result = await migrate({ ...cell, database, upgrade: now, watch: undefined, rehearsed });
      const { rows } = await asked(database, (client) => client.query<{ columns: string }>(COLUMNS));
      return { result, rehearsed, columns: rows[0]!.columns };
    }

    test.concurrent.each(STACKS)('%s, %s: the same statements run', async (file, driver) => {
      const same = [
        ADD,
        // Its name is another one on the copy.
        'name = op.get_bind().exec_driver_sql("SELECT current_database()").scalar()',
        'op.execute("GRANT CONNECT ON DATABASE %s TO PUBLIC" % name)',
        'for n in range(COUNT): op.get_bind().exec_driver_sql("UPDATE items SET extra = 1")',
        'with op.get_bind().begin_nested(): op.execute("SELECT 1")',
      ].join('\n');
      const [then, now] = [same.replace('COUNT', '2'), same.replace('COUNT', '5')];
      const { result, columns } = await hold({ file, driver, then, now });
      expect(result.status, result.stderr).toBe(0);
      expect(result).toMatchObject({ difference: undefined, uncompared: undefined });
      expect(columns).toBe(`${AS_IT_WAS},extra`);
    });

    test.concurrent.each(
      STACKS.flatMap(([file, driver]) =>
        (
          [
            [
              'another one behind the same',
              `${ADD}\n${ADD.replace('extra', 'more')}`,
              `${ADD}\n${DROP}`,
              'ALTER TABLE',
              /DROP COLUMN note/,
            ],
            ['one more', ADD, `${ADD}\n${DROP}`, undefined, /DROP COLUMN note/],
            ['one less', `${ADD}\n${DROP}`, ADD, 'ALTER TABLE of public.items', null],
            [
              'another order',
              `${ADD}\n${DROP}`,
              `${DROP}\n${ADD}`,
              'ALTER TABLE of public.items',
              /DROP COLUMN note/,
            ],
            [
              'the clock',
              'import time\nop.execute("SELECT %d" % time.time_ns())',
              'import time\nop.execute("SELECT %d" % time.time_ns())',
              'SELECT',
              /SELECT \d+/,
            ],
            [
              'somebody who catches everything',
              ADD,
              `try:\n    ${DROP}\nexcept BaseException:\n    pass`,
              'ALTER TABLE of public.items',
              /DROP COLUMN note/,
            ],
          ] as const
        ).map((one) => [file, driver, ...one] as const),
      ),
    )('%s, %s: %s is not sent, and nothing stays', async (file, driver, _what, then, now, expected, sent) => {
      const { result, rehearsed, columns } = await hold({ file, driver, then, now });
      const difference = result.difference!;
      expect(result.status, result.stderr).toBe(77);
      expect(difference).toMatchObject({ revision: '0001', done: [], autocommit: false });
      expect(expectedAt(rehearsed, difference)?.what).toBe(expected);
      if (sent === null) expect(difference.statement).toBeNull();
      else {
        expect(difference.statement).toMatch(sent);
        expect(difference.place).toMatchObject({ function: 'upgrade' });
      }
      expect(columns).toBe(AS_IT_WAS);
    });

    const [file, driver] = STACKS[0]!;

    test('past SQLAlchemy', async () => {
      const with_ = (sql: string): string => `op.get_bind().connection.cursor().execute("${sql}")`;
      const cell = { file, driver, then: with_('DROP INDEX IF EXISTS one') };
      const same = await hold({ ...cell, now: cell.then });
      expect(same.result.status, same.result.stderr).toBe(0);
      const { result } = await hold({ ...cell, now: with_('DROP INDEX IF EXISTS two') });
      expect(result.difference?.statement).toBe('DROP INDEX IF EXISTS two');
    });

    test('what differs may be told only, and what somebody else wrote is not compared', async () => {
      const cell = { file, driver, then: ADD, now: DROP };
      const told = await hold({ ...cell, stops: false });
      expect(told.result).toMatchObject({ status: 0, difference: { revision: '0001' } });
      expect(told.columns).toBe('id,price');
      const other = await hold({ ...cell, by: 'alembic 0.1' });
      expect(other.result).toMatchObject({
        ...{ status: 0, difference: undefined },
        uncompared: expect.stringMatching(/^alembic \S+, SQLAlchemy \S+, \w+$/) as string,
      });
    });

    test('what an autocommit_block has done stays, and that is reported', async () => {
      const block = `with op.get_context().autocommit_block():\n    ${ADD}\n`;
      const then = `${block}op.execute("SELECT 1")`;
      const { result, columns } = await hold({ file, driver, then, now: `${block}${DROP}` });
      expect(result.difference).toMatchObject({ block: true });
      expect(columns).toBe(`${AS_IT_WAS},extra`);
    });
  });

  // asyncpg prepares each statement.
  const preparing = STACKS.filter(([, driver]) => driver !== 'asyncpg');
  test.concurrent.each(preparing)(
    '%s, %s: what our questions leave: no lock, nothing prepared, no savepoint',
    async (...stack) => {
      const database = await makeDatabase('');
      const upgrade = `for n in range(6): op.execute("ALTER TABLE items ADD COLUMN extra%s int" % n)
rows = lambda sql: op.get_bind().exec_driver_sql(sql).scalar()
print("prepared", rows("SELECT count(*) FROM pg_prepared_statements"))
print("locks", rows("SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND relation = 'items_pkey'::regclass"))
print("subtransaction", rows("SELECT pg_current_xact_id_if_assigned()::xid = backend_xid FROM pg_stat_activity WHERE pid = pg_backend_pid()"))`;
      const [file, driver] = stack;
      const { stdout } = await migrate({ file, driver, database, upgrade, watch: { count: true } });
      expect(stdout.trim().split('\n')).toEqual(['prepared 0', 'locks 0', 'subtransaction True']);
    },
  );
});
