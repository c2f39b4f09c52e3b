import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { otherGlobals, readGlobals } from '../../lib/database/globals.ts';
import { PATIENCE, useEmbedded } from '../helpers/embedded.ts';
import { onlyRevisions } from '../helpers/zoo-revisions.ts';

const scratch = useEmbedded({
  environments: Object.fromEntries(
    ['local_one', 'local_two'].map((name) => [
      name,
      {
        entry: {
          ...{ stack: 'embedded', local: true, rolesScript: false },
          alembicIni: 'app/backend/core_api/migrations/alembic.ini',
        },
        env: { POSTGRES_USER: 'app', POSTGRES_DB: 'core' },
      },
    ]),
  ),
});
async function as(environment: string): Promise<pg.Client> {
  const { port } = scratch.server(environment);
  const password = scratch.password(environment);
  const client = new pg.Client({ host: '127.0.0.1', port, user: 'app', password, database: 'postgres' });
  await client.connect();
  return client;
}
let one: pg.Client;
let two: pg.Client;

beforeAll(async () => {
  await scratch.mustTask('up ENV=local_one');
  await scratch.mustTask('up ENV=local_two');
  [one, two] = [await as('local_one'), await as('local_two')];
  for (const client of [one, two]) await client.query('SET allow_in_place_tablespaces = on');
  // What is made there gets other OIDs.
  for (let at = 0; at < 20; at++) await two.query('CREATE ROLE burnt; DROP ROLE burnt');
}, PATIENCE);
afterAll(() => Promise.all([one, two].map((client) => client.end())));

interface Change {
  readonly says: string;
  readonly does: string;
  readonly undoes: string;
}
/** What a revision can make of a server, in an order in which each finds what it needs. */
const CHANGES: readonly Change[] = [
  { says: 'role g_login', does: 'CREATE ROLE g_login LOGIN', undoes: 'DROP ROLE g_login' },
  {
    says: 'role app',
    does: 'ALTER ROLE app CONNECTION LIMIT 77',
    undoes: 'ALTER ROLE app CONNECTION LIMIT -1',
  },
  {
    says: 'settings of app',
    does: "ALTER ROLE app SET work_mem = '7MB'",
    undoes: 'ALTER ROLE app RESET work_mem',
  },
  {
    says: 'membership pg_monitor, app, app',
    does: 'GRANT pg_monitor TO app',
    undoes: 'REVOKE pg_monitor FROM app',
  },
  {
    says: 'comment on role app',
    does: "COMMENT ON ROLE app IS 'x'",
    undoes: 'COMMENT ON ROLE app IS NULL',
  },
  {
    says: 'privileges on parameter log_statement',
    does: 'GRANT SET ON PARAMETER log_statement TO pg_monitor',
    undoes: 'REVOKE SET ON PARAMETER log_statement FROM pg_monitor',
  },
  {
    says: 'privileges on parameter work_mem',
    does: 'GRANT ALTER SYSTEM ON PARAMETER work_mem TO pg_monitor',
    undoes: 'REVOKE ALTER SYSTEM ON PARAMETER work_mem FROM pg_monitor',
  },
  {
    says: 'tablespace g_space',
    does: `CREATE TABLESPACE g_space LOCATION ''`,
    undoes: 'DROP TABLESPACE g_space',
  },
  {
    says: 'tablespace pg_default',
    does: 'ALTER TABLESPACE pg_default SET (random_page_cost = 2)',
    undoes: 'ALTER TABLESPACE pg_default RESET (random_page_cost)',
  },
  {
    says: 'settings of template1',
    does: 'ALTER DATABASE template1 SET work_mem = 64',
    undoes: 'ALTER DATABASE template1 RESET ALL',
  },
  {
    says: 'settings of postgres, app',
    does: 'ALTER ROLE app IN DATABASE postgres SET work_mem = 64',
    undoes: 'ALTER ROLE app IN DATABASE postgres RESET ALL',
  },
  {
    says: 'database postgres',
    does: 'ALTER DATABASE postgres CONNECTION LIMIT 70',
    undoes: 'ALTER DATABASE postgres CONNECTION LIMIT -1',
  },
  {
    says: 'comment on database template1',
    does: "COMMENT ON DATABASE template1 IS 'x'",
    undoes: "COMMENT ON DATABASE template1 IS 'default template for new databases'",
  },
  { says: 'database g_base', does: 'CREATE DATABASE g_base', undoes: 'DROP DATABASE g_base' },
  {
    says: 'ALTER SYSTEM of log_min_duration_statement',
    does: 'ALTER SYSTEM SET log_min_duration_statement = 70',
    undoes: 'ALTER SYSTEM RESET log_min_duration_statement',
  },
  {
    says: 'replication origin g_origin',
    does: `SELECT pg_replication_origin_create('g_origin')`,
    undoes: `SELECT pg_replication_origin_drop('g_origin')`,
  },
  {
    says: 'replication slot g_slot',
    does: `SELECT pg_create_physical_replication_slot('g_slot')`,
    undoes: `SELECT pg_drop_replication_slot('g_slot')`,
  },
  {
    says: 'subscription g_sub',
    does: `CREATE SUBSCRIPTION g_sub CONNECTION '' PUBLICATION p WITH (connect = false, slot_name = NONE)`,
    undoes: 'DROP SUBSCRIPTION g_sub',
  },
];
const read = (client: pg.Client): Promise<string[]> => readGlobals(client, 'core');

test('two servers that were set up alike are alike', async () => {
  expect((await read(one)).length).toBeGreaterThan(20);
  expect(await read(two)).toEqual(await read(one));
});

test('whatever is changed on one server is named, and the same change on the other makes them alike again', async () => {
  const before = await read(one);
  await fc.assert(
    fc.asyncProperty(fc.subarray([...CHANGES], { minLength: 1 }), async (changes) => {
      for (const { does } of changes) await one.query(does);
      const [there, here] = [await read(one), await read(two)];
      const said = otherGlobals(there, here);
      for (const { says } of changes) expect(said).toContain(says);
      for (const { does } of changes) await two.query(does);
      // The origin of a subscription is called after its OID.
      const left = otherGlobals(there, await read(two));
      expect(left.filter((line) => !/^replication origin pg_\d+$/.test(line))).toEqual([]);
      for (const { undoes } of [...changes].reverse())
        for (const client of [one, two]) await client.query(undoes);
      expect(otherGlobals(before, await read(one))).toEqual([]);
      expect(otherGlobals(before, await read(two))).toEqual([]);
    }),
    { numRuns: 25 },
  );
}, 600_000);

test('the environment’s own database and what makesafe keeps beside it are not compared', async () => {
  const before = await read(one);
  await one.query(`CREATE DATABASE g_kept`);
  await one.query(`COMMENT ON DATABASE g_kept IS 'makesafe.aside={}'`);
  await one.query('ALTER DATABASE g_kept SET work_mem = 64');
  await one.query('ALTER DATABASE core SET work_mem = 64');
  expect(await read(one)).toEqual(before);
  await one.query(`COMMENT ON DATABASE g_kept IS E'ours\\nmakesafe.environment=local_else'`);
  expect(await read(one)).toEqual(before);
  await one.query('DROP DATABASE g_kept');
  await one.query('ALTER DATABASE core RESET work_mem');
});

describe('what a rebuild has kept inside of the server', () => {
  const rebuild = async (): Promise<string> =>
    (await scratch.mustTask('db-rebuild-env ENV=local_one WAIT=0 METHOD=db UNTIL=current')).stderr;
  const first = async (text: string): Promise<unknown> =>
    Object.values((await one.query<Record<string, unknown>>(text)).rows[0]!)[0];
  const kept = `SELECT count(*)::int FROM pg_database WHERE datname LIKE 'core\\_\\_made\\_%'`;
  const setting = `SELECT array_to_string(rolconfig, ',') FROM pg_roles WHERE rolname = 'reader'`;

  test('is not taken where somebody has undone what its revisions made of the server; the next one is', async () => {
    await one.query('CREATE ROLE reader');
    onlyRevisions(scratch, [
      `CREATE TABLE public.goods (id int); ALTER ROLE reader SET work_mem = '9MB'; GRANT SET ON PARAMETER log_statement TO reader`,
    ]);
    await rebuild();
    expect(await rebuild()).toContain('has made of the same files is taken');
    const many = await first(kept);

    await one.query('ALTER ROLE reader RESET work_mem; REVOKE SET ON PARAMETER log_statement FROM reader');
    const said = await rebuild();
    expect(said).toMatch(
      /what the rebuild of .* is not taken: privileges on parameter log_statement, settings of reader of the server/,
    );
    expect(said).toMatch(/migrate .* 1 revision$/m);
    expect(await first(setting)).toBe('work_mem=9MB');

    expect(await rebuild()).toContain('has made of the same files is taken');
    expect(await first(kept)).toBe(many);

    // What no revision brings back: from then on that is what a run from nothing makes.
    await one.query('ALTER ROLE reader CONNECTION LIMIT 7');
    expect(await rebuild()).toContain('is not taken: role reader of the server');
    expect(await rebuild()).toContain('has made of the same files is taken');
    expect(await first(kept)).toBe(many);
  }, 600_000);
});
