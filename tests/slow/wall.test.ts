import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import type pg from 'pg';
import { beforeAll, describe, expect, test } from 'vitest';
import { FIRST_KEY, MARK_MIGRATING } from '../../lib/stack/postgres/advisory-keys.ts';
import { HOLD_OPEN } from '../../lib/stack/postgres/wall-statements.ts';
import { putUpWall, readWall, stands, takeDownWall, type Missing } from '../../lib/stack/postgres/wall.ts';
import { compareDatabases, useServer } from '../helpers/database-server.ts';

const server = useServer();

const SHOP = `
  CREATE SCHEMA stg;
  CREATE TABLE customers (id int PRIMARY KEY, name text);
  CREATE TABLE orders (id serial PRIMARY KEY, customer int REFERENCES customers ON DELETE CASCADE, note text);
  CREATE TABLE stg.raw (a int);
  CREATE MATERIALIZED VIEW totals AS SELECT count(*) FROM orders;
  CREATE VIEW names AS SELECT name FROM customers;
  INSERT INTO customers SELECT g, 'name ' || g FROM generate_series(1, 300) g;
  INSERT INTO orders (customer, note) SELECT g, 'of ' || g FROM generate_series(1, 300) g;
  INSERT INTO stg.raw SELECT generate_series(1, 300);`;

const ROWS = `SELECT (SELECT count(*) FROM customers)::int + (SELECT count(*) FROM orders)::int + (SELECT count(*) FROM stg.raw)::int
  + (SELECT count(note) FROM orders)::int AS rows`;

const put = (database: string, except: readonly string[] = []): Promise<Missing> =>
  server.withSession(database, (client) => putUpWall(client, except));
const plain = (database: string): Promise<string> => {
  const output = new PassThrough();
  return Promise.all([server.dump(database, [], output), text(output)]).then(([{ stderr }, all]) => {
    expect(stderr).toBe('');
    return all.replaceAll(/^\\(un)?restrict .*$/gm, '');
  });
};
const rows = (database: string): Promise<number> =>
  server.withClient(database, async (client) => (await client.query<{ rows: number }>(ROWS)).rows[0]!.rows);
const refusal = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: Error) => error.message,
  );

describe('a walled database', () => {
  beforeAll(async () => {
    await server.create('walled', SHOP);
    expect(await put('walled')).toEqual({});
  });

  test.each([
    'DROP TABLE orders',
    'DROP TABLE customers CASCADE',
    'DROP TABLE IF EXISTS stg.raw, orders, customers CASCADE',
    'DROP SCHEMA public CASCADE',
    'DROP SCHEMA stg CASCADE; CREATE SCHEMA stg',
    'DROP MATERIALIZED VIEW totals',
    'DROP SEQUENCE orders_id_seq CASCADE',
    'ALTER TABLE orders DROP COLUMN note',
    'BEGIN; ALTER TABLE orders DROP COLUMN note CASCADE; COMMIT',
    'TRUNCATE orders',
    'TRUNCATE customers, orders RESTART IDENTITY CASCADE',
    'TRUNCATE ONLY stg.raw',
    "SET session_replication_role = 'replica'; TRUNCATE orders",
    'ALTER TABLE orders DISABLE TRIGGER USER; TRUNCATE orders',
    'ALTER TABLE orders DISABLE TRIGGER ALL; TRUNCATE orders',
    'ALTER TABLE orders DISABLE TRIGGER ALL; DELETE FROM orders; ALTER TABLE orders ENABLE TRIGGER ALL',
    'ALTER TABLE orders DISABLE TRIGGER makesafe_wall_delete; DELETE FROM orders',
    'ALTER TABLE stg.raw SET UNLOGGED; TRUNCATE stg.raw',
    'DELETE FROM orders',
    'DELETE FROM customers',
    'DELETE FROM stg.raw WHERE a > 0',
    'BEGIN; DELETE FROM orders WHERE id <= 150; DELETE FROM orders WHERE id > 150; COMMIT',
    'BEGIN; SAVEPOINT a; DELETE FROM orders WHERE id <= 150; RELEASE a; SAVEPOINT b; DELETE FROM orders WHERE id > 150; COMMIT',
    'DO $$ BEGIN FOR i IN 0..2 LOOP BEGIN DELETE FROM orders WHERE id % 3 = i; EXCEPTION WHEN no_data THEN NULL; END; END LOOP; END $$',
    'MERGE INTO orders AS o USING customers AS c ON o.customer = c.id WHEN MATCHED THEN DELETE',
    'CREATE TABLE boss AS SELECT 1 AS id; ALTER TABLE boss ADD PRIMARY KEY (id); ALTER TABLE stg.raw ADD b int DEFAULT 1 REFERENCES boss ON DELETE CASCADE; DELETE FROM boss',
    `SELECT set_config('makesafe_wall.left_' || 'orders'::regclass::oid, '(0,1)', false); DELETE FROM orders`,
    'WITH gone AS (DELETE FROM orders RETURNING *) SELECT count(*) FROM gone',
    `DO $$ DECLARE t record; BEGIN FOR t IN SELECT schemaname, tablename FROM pg_tables WHERE schemaname IN ('public', 'stg') LOOP
       EXECUTE format('DROP TABLE %I.%I CASCADE', t.schemaname, t.tablename); END LOOP; END $$`,
    `CREATE ROLE leaver; ALTER TABLE orders OWNER TO leaver; DROP OWNED BY leaver CASCADE`,
    'DROP EVENT TRIGGER makesafe_wall_drop',
    'DROP SCHEMA makesafe_wall CASCADE',
    'DROP TRIGGER makesafe_wall_truncate ON orders',
    'DROP FUNCTION makesafe_wall.on_drop() CASCADE',
    'DROP EXTENSION plpgsql CASCADE',
  ])('loses nothing by %s', async (destroyer) => {
    const before = await rows('walled');
    expect(await refusal(server.query('walled', destroyer))).not.toBe('done');
    expect(await rows('walled')).toBe(before);
    expect(await server.withSession('walled', (client) => readWall(client)).then(stands)).toBe(true);
  });

  test.each(['DROP DATABASE walled', 'DROP DATABASE IF EXISTS walled WITH (FORCE)'])(
    'is kept from %s',
    async (drop) => {
      expect(await refusal(server.query('postgres', drop))).toMatch(
        /being used by logical replication subscription/,
      );
    },
  );

  test('says to an application what to write into the registry, or whom to ask', async () => {
    const error = await server.withClient('walled', (client) =>
      client.query('TRUNCATE orders').then(
        () => undefined,
        (caught: pg.DatabaseError) => caught,
      ),
    );
    expect([error?.message, error?.hint]).toEqual([
      'makesafe: TRUNCATE of public.orders is behind the wall of this database',
      "If the application does this itself: wall: { except: ['public.orders'] } in env/environments.ts. Else ask the person who keeps this environment.",
    ]);
  });

  test('lets everything else through: rows, views, indexes, temporary tables, a few rows deleted, a table renamed', async () => {
    await server.query(
      'walled',
      `INSERT INTO stg.raw VALUES (0); DELETE FROM stg.raw WHERE a = 0; UPDATE orders SET note = note`,
      'CREATE TEMPORARY TABLE t (a int); DROP TABLE t',
      'CREATE TEMPORARY TABLE u AS SELECT 1; TRUNCATE u',
      'CREATE INDEX i ON orders (note); DROP INDEX i',
      'CREATE OR REPLACE VIEW names AS SELECT name, id FROM customers; DROP VIEW names; CREATE VIEW names AS SELECT name FROM customers',
      'REFRESH MATERIALIZED VIEW totals; CLUSTER orders USING orders_pkey',
      'VACUUM FULL orders',
      'ALTER TABLE stg.raw RENAME TO other; ALTER TABLE stg.other RENAME TO raw',
      'CREATE TABLE few (a int); INSERT INTO few VALUES (1); DELETE FROM few',
    );
  });

  test('holds tables that are made later, also by another role, and of every form', async () => {
    await server.query(
      'walled',
      `CREATE ROLE maker LOGIN PASSWORD 'x'; GRANT CREATE ON SCHEMA public TO maker; GRANT CREATE ON DATABASE walled TO maker`,
    );
    await server.withClient(
      'walled',
      (client) =>
        client.query(
          `CREATE TABLE later AS SELECT generate_series(1, 200) AS a;
           CREATE SCHEMA sub CREATE TABLE inside (a int);
           CREATE TABLE parts (a int) PARTITION BY RANGE (a);
           CREATE TABLE part1 PARTITION OF parts FOR VALUES FROM (0) TO (1000);
           INSERT INTO parts SELECT generate_series(1, 200); INSERT INTO sub.inside SELECT 1`,
        ),
      { user: 'maker', password: 'x' },
    );
    expect((await server.withSession('walled', (client) => readWall(client))).uncovered).toEqual([]);
    const destroyers = [
      'TRUNCATE later',
      'DROP TABLE sub.inside',
      'TRUNCATE part1',
      'TRUNCATE parts',
      'DELETE FROM parts',
      'DROP TABLE part1',
    ];
    for (const one of destroyers) {
      const asMaker = server.withClient('walled', (client) => client.query(one), {
        user: 'maker',
        password: 'x',
      });
      expect(await refusal(asMaker), one).toContain('behind the wall');
    }
  });

  test('no temporary table or view stands in for the catalog, and none of its code runs as the owner of the wall', async () => {
    const locks = `CREATE TEMPORARY TABLE pg_locks AS SELECT 'advisory'::text AS locktype, true AS granted, 2::int2 AS objsubid,
      (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database()) AS database, ${FIRST_KEY}::oid AS classid,
      n::oid AS objid, CASE n WHEN 0 THEN pg_backend_pid() ELSE 0 END AS pid FROM generate_series(0, 1) AS n`;
    const asMaker = (...statements: string[]): Promise<string> =>
      server.withClient(
        'walled',
        (client) =>
          refusal(
            (async () => {
              for (const one of statements) await client.query(one);
            })(),
          ),
        { user: 'maker', password: 'x' },
      );
    const activity = `CREATE TEMPORARY TABLE pg_stat_activity AS SELECT 0 AS pid, 10::oid AS usesysid`;
    const roles = `CREATE TEMPORARY TABLE pg_roles AS SELECT 10::oid AS oid, true AS rolsuper`;
    expect(await asMaker(locks, activity, roles, 'TRUNCATE later')).toContain('behind the wall');
    await asMaker(
      `CREATE FUNCTION public.spy() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'runs as %', current_user; END $$`,
    );
    for (const catalog of [
      'pg_locks',
      'pg_stat_activity',
      'pg_namespace',
      'pg_class',
      'pg_trigger',
      'pg_inherits',
      'pg_roles',
    ]) {
      const trap = `CREATE TEMPORARY VIEW ${catalog} AS SELECT c.* FROM pg_catalog.${catalog} AS c WHERE public.spy() = 1`;
      expect(await asMaker(trap, 'TRUNCATE later'), catalog).toContain('behind the wall');
      expect(await asMaker(trap, 'DELETE FROM later'), catalog).toContain('behind the wall');
      expect(await asMaker(trap, 'DROP TABLE later'), catalog).toContain('behind the wall');
      expect(
        await asMaker(trap, `CREATE TABLE trapped (a int); ALTER TABLE trapped ADD b int`),
        catalog,
      ).toBe('done');
      expect(await asMaker(`ALTER TABLE trapped RENAME TO trapped_${catalog}`), catalog).toBe('done');
    }
  });

  test('many deletes in one transaction read what is left, and not all that is gone', async () => {
    await server.query(
      'walled',
      'CREATE TABLE queue AS SELECT g AS id, g AS n FROM generate_series(1, 20000) g',
    );
    await server.query('walled', 'CREATE INDEX ON queue (id)');
    const blocks = await server.withClient('walled', async (client) => {
      await client.query('BEGIN');
      const one = `EXECUTE 'DELETE FROM queue WHERE id = $1' USING i`;
      await client.query(`DO $$ BEGIN FOR i IN 1..10000 LOOP ${one}; END LOOP; END $$`);
      const { rows } = await client.query<{ read: number }>(
        `SELECT pg_stat_get_xact_blocks_fetched('queue'::regclass)::int AS read`,
      );
      const rest = `DO $$ BEGIN FOR i IN REVERSE 20000..10001 LOOP ${one}; END LOOP; END $$`;
      expect(await refusal(client.query(rest))).toContain('DELETE of every row of public.queue');
      await client.query('ROLLBACK');
      return rows[0]!.read;
    });
    expect(blocks).toBeLessThan(10 * 10_000);
  });

  test('a worker that empties a queue row by row is not refused, however fast it is', async () => {
    await server.query('walled', 'CREATE TABLE jobs (id int PRIMARY KEY)');
    await server.withClient('walled', async (client) => {
      for (let id = 1; id <= 400; id++) {
        await client.query(`INSERT INTO jobs VALUES (${id})`);
        expect(await refusal(client.query(`DELETE FROM jobs WHERE id = ${id}`)), String(id)).toBe('done');
      }
      await client.query('INSERT INTO jobs SELECT generate_series(1, 400)');
      expect(await refusal(client.query('DELETE FROM jobs'))).toContain('DELETE of every row of public.jobs');
    });
  });

  test('a table that gets children later is counted with them', async () => {
    await server.query('walled', 'CREATE TABLE parent (a int)', 'CREATE TABLE child () INHERITS (parent)');
    await server.query('walled', 'CREATE TABLE late (a int)', 'ALTER TABLE late INHERIT parent');
    await server.query('walled', 'INSERT INTO child SELECT generate_series(1, 60)');
    await server.query('walled', 'INSERT INTO late SELECT generate_series(1, 60)');
    expect(await refusal(server.query('walled', 'DELETE FROM parent'))).toContain('DELETE of every row of');
    await server.query('walled', 'CREATE TABLE above (a int)', 'ALTER TABLE parent INHERIT above');
    await server.query('walled', 'CREATE UNLOGGED TABLE was (a int)', 'ALTER TABLE was SET LOGGED');
    const state = (): Promise<readonly string[]> =>
      server.withSession('walled', async (client) => (await readWall(client)).uncovered);
    expect(await state()).toEqual([]);
    // What no event trigger of ours has seen, the next `up` finds.
    await server.query(
      'walled',
      `UPDATE pg_trigger SET tgenabled = 'D' WHERE tgname = 'makesafe_wall_delete' AND tgrelid = 'was'::regclass`,
    );
    expect(await state()).toEqual(['public.was']);
    await put('walled');
    expect(await state()).toEqual([]);
    expect(await refusal(server.query('walled', 'DELETE FROM above'))).toContain('DELETE of every row of');
  });

  test('is open for the session of a migration only, and only as long as somebody of the wall holds it', async () => {
    await server.query('walled', 'CREATE TABLE doomed (a int)');
    await server.withClient('walled', async (alembic) => {
      await alembic.query(MARK_MIGRATING);
      const drop = (): Promise<string> =>
        refusal(alembic.query('BEGIN; DROP TABLE doomed; TRUNCATE orders CASCADE; ROLLBACK'));
      const undo = (): Promise<unknown> => alembic.query('ROLLBACK');
      expect(await drop()).toContain('behind the wall');
      await undo();
      // The same two locks, but the second one held by a role that is not the wall's.
      await server.withClient(
        'walled',
        async (other) => {
          await other.query(HOLD_OPEN);
          expect(await drop()).toContain('behind the wall');
          await undo();
        },
        { user: 'maker', password: 'x' },
      );
      // Both in one session.
      await alembic.query(HOLD_OPEN);
      expect(await drop()).toContain('behind the wall');
      await undo();
      await server.withClient('walled', async (opener) => {
        await opener.query(HOLD_OPEN);
        expect(await drop()).toBe('done');
        expect(await refusal(server.query('walled', 'DROP TABLE doomed'))).toContain('behind the wall');
      });
      await expect.poll(drop).toContain('behind the wall');
      await undo();
    });
  });
});

describe('nobody sees it', () => {
  test('a dump is the same with and without, and a comparison finds no difference', async () => {
    await server.create('seen', SHOP);
    const before = await plain('seen');
    expect(await put('seen')).toEqual({});
    expect(await plain('seen')).toBe(before);
    await server.create('unseen', SHOP);
    const { differences, incomplete } = await compareDatabases(
      server.source('seen'),
      server.source('unseen'),
    );
    expect({ differences, incomplete }).toEqual({ differences: [], incomplete: [] });
    await server.query('postgres', 'DROP DATABASE IF EXISTS restored', 'CREATE DATABASE restored');
    await server.query('restored', before.replaceAll(/COPY [\s\S]*?^\\\.$/gm, ''));
  });

  test('taken down, nothing of it is left, and the database can be dropped', async () => {
    await server.create('taken', SHOP);
    const left = (): Promise<unknown> =>
      server.withClient('taken', async (client) => {
        const { rows: found } = await client.query<object>(
          `SELECT (SELECT count(*)::int FROM pg_namespace WHERE nspname LIKE 'makesafe%') AS schemas,
             (SELECT count(*)::int FROM pg_event_trigger) AS events,
             (SELECT count(*)::int FROM pg_trigger WHERE tgname LIKE 'makesafe%') AS triggers,
             (SELECT count(*)::int FROM pg_subscription s JOIN pg_database d ON d.oid = subdbid WHERE datname = 'taken') AS subscriptions,
             (SELECT md5(string_agg(d::text, ' ' ORDER BY d::text)) FROM pg_depend d WHERE deptype = 'e') AS members`,
        );
        return found[0];
      });
    const before = await left();
    await put('taken');
    expect(await left()).not.toEqual(before);
    await server.withSession('taken', takeDownWall);
    expect(await left()).toEqual(before);
    await server.query('taken', 'TRUNCATE orders; DROP TABLE orders CASCADE');
    await server.query('postgres', 'DROP DATABASE taken');
  });

  test('a copy of a walled database is no trouble: walled itself, or taken down, and dropped', async () => {
    await server.create('original', SHOP);
    await put('original');
    for (const copy of ['copy1', 'copy2'])
      await server.query('postgres', `CREATE DATABASE ${copy} TEMPLATE original`);
    expect(await put('copy1')).toEqual({});
    await server.withSession('copy1', takeDownWall);
    await server.withSession('copy2', takeDownWall);
    await server.query('postgres', 'DROP DATABASE copy1', 'DROP DATABASE copy2');
  });

  test("tables that the registry leaves out are the application's, now and later", async () => {
    await server.create('spared', SHOP);
    await put('spared', ['stg.*', 'public.cache_*']);
    await server.query(
      'spared',
      'TRUNCATE stg.raw',
      'CREATE TABLE cache_a (a int); DROP TABLE cache_a',
      'DROP SCHEMA stg CASCADE',
    );
    expect(await refusal(server.query('spared', 'TRUNCATE orders'))).toContain('behind the wall');
    // `_` is a letter of the name, and no pattern.
    await server.query('spared', 'CREATE TABLE cacheXa (a int)');
    expect(await refusal(server.query('spared', 'DROP TABLE cacheXa'))).toContain('behind the wall');
    const wall = (): Promise<unknown> =>
      server.withSession('spared', async (client) => {
        const is = await readWall(client);
        return { stands: stands(is), except: is.except };
      });
    expect(await wall()).toEqual({ stands: true, except: ['stg.*', 'public.cache_*'] });
    expect(await put('spared')).toEqual({});
    expect(await wall()).toEqual({ stands: true, except: [] });
    expect(await refusal(server.query('spared', 'DROP TABLE cacheXa'))).toContain('behind the wall');
  });

  test('a table that somebody uses is not waited for, and told', async () => {
    await server.create('busy', SHOP);
    await server.withClient('busy', async (user) => {
      await user.query('BEGIN; LOCK TABLE orders IN ROW EXCLUSIVE MODE');
      expect(await put('busy')).toEqual({ tables: 'public.orders: busy' });
    });
    await expect.poll(() => put('busy')).toEqual({});
  });

  test('a role that is no superuser puts up what it may', async () => {
    await server.query('postgres', `CREATE ROLE manager LOGIN PASSWORD 'x' CREATEDB`);
    await server.create('managed', SHOP, 'ALTER DATABASE managed OWNER TO manager');
    await server.query(
      'managed',
      'GRANT USAGE ON SCHEMA stg TO manager; GRANT SELECT ON ALL TABLES IN SCHEMA public, stg TO manager',
    );
    const missing = await server.withSession('managed', (client) => putUpWall(client, []), {
      user: 'manager',
      password: 'x',
    });
    expect(missing).toEqual({});
    expect(await server.withSession('managed', (client) => readWall(client))).toMatchObject({
      database: false,
      schemas: false,
    });
    await server.query('postgres', 'GRANT pg_create_subscription TO manager');
    const more = await server.withSession('managed', (client) => putUpWall(client, []), {
      user: 'manager',
      password: 'x',
    });
    expect(more).toEqual({});
    const { differences, incomplete } = await compareDatabases(
      server.source('managed', {}, { user: 'manager', password: 'x' }),
      server.source('managed', {}, { user: 'manager', password: 'x' }),
    );
    expect({ differences, incomplete }).toEqual({ differences: [], incomplete: [] });
    expect(await refusal(server.query('postgres', 'DROP DATABASE managed WITH (FORCE)'))).toContain(
      'subscription',
    );
    await server.withSession('managed', takeDownWall, { user: 'manager', password: 'x' });
  });
});
