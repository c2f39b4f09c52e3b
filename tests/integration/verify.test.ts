import pg from 'pg';
import { beforeAll, describe, expect, test } from 'vitest';
import { readMarkers } from '../../lib/database/contents.ts';
import { lookAt, type Check, type CheckResult } from '../../lib/output/check-result.ts';
import * as databaseChecks from '../../lib/schema/verify/database-checks.ts';
import { databaseReachable, markerRight } from '../../lib/schema/verify/environment-checks.ts';
import type { VerifyFacts } from '../../lib/schema/verify/facts.ts';
import { useTwins } from '../helpers/twins.ts';

const { clients } = useTwins();
let client: pg.Client;
let twin: pg.Client;
beforeAll(() => void ({ client, twin } = clients()));

const asks =
  (whom: pg.Client): VerifyFacts['query'] =>
  async (text, values = []) =>
    (await whom.query({ text, values: [...values], types: pg.types })).rows as never;

/** The tests' own client, which takes values as the server prints them, as makesafe's is. */
const parsing = (whom: pg.Client): pg.Client =>
  ({ query: (text: string) => whom.query({ text, types: pg.types }) }) as unknown as pg.Client;

const facts = (parts: Partial<VerifyFacts> = {}): VerifyFacts => ({
  environment: 'local_demo',
  database: 'core_demo',
  baseName: undefined,
  base: undefined,
  reader: { role: 'app_readonly', schemas: ['mart', 'stg'] },
  command: (task) => task,
  services: () => Promise.resolve([]),
  marker: async () => (await readMarkers(parsing(client)))['core_demo'],
  ask: (question) => question(client),
  query: asks(client),
  current: () => Promise.resolve([]),
  heads: () => Promise.resolve({ heads: [], ends: [] }),
  severalHeads: false,
  comparison: () => Promise.reject(new Error('nothing compares here')),
  ...parts,
});

/** What a check says of the database with a fault in it, which is gone afterwards. */
async function withFault(
  check: Check<VerifyFacts>,
  fault: string,
  parts: Partial<VerifyFacts> = {},
): Promise<CheckResult> {
  await client.query('BEGIN');
  try {
    await client.query(fault);
    return await lookAt(check, facts(parts));
  } finally {
    await client.query('ROLLBACK');
  }
}

describe('each check, with its fault planted', () => {
  type Name = Exclude<keyof typeof databaseChecks, never>;

  test.each<[check: Name, fault: string, state: CheckResult['state'], found: string]>([
    ['readerReads', '', 'passed', 'app_readonly reads all 14 relations of mart and stg'],
    [
      'readerReads',
      'REVOKE SELECT ON mart.suppliers FROM app_readonly',
      'failed',
      'cannot read mart.suppliers',
    ],
    ['readerReads', 'REVOKE USAGE ON SCHEMA stg FROM app_readonly', 'failed', 'cannot read schema stg'],
    [
      'readerReads',
      'CREATE VIEW mart."a ""new"" one" AS SELECT 1; REVOKE SELECT ON mart."a ""new"" one" FROM app_readonly',
      'failed',
      'cannot read mart."a ""new"" one"',
    ],
    ['readerReads', 'ALTER SCHEMA stg RENAME TO staging', 'failed', 'no schema stg'],
    ['readerReads', 'ALTER ROLE app_readonly RENAME TO reader', 'failed', 'there is no role app_readonly'],

    ['readerWritesNothing', '', 'passed', 'app_readonly can write nothing'],
    [
      'readerWritesNothing',
      'GRANT INSERT ON mart.suppliers TO app_readonly',
      'failed',
      'has INSERT on mart.suppliers',
    ],
    [
      'readerWritesNothing',
      'GRANT UPDATE (note) ON mart.receive_targets TO PUBLIC',
      'failed',
      'has UPDATE on mart.receive_targets',
    ],
    [
      'readerWritesNothing',
      'GRANT TRUNCATE, DELETE ON stg.shipments TO PUBLIC',
      'failed',
      'has DELETE, TRUNCATE on stg.shipments',
    ],
    [
      'readerWritesNothing',
      'CREATE SEQUENCE mart.s; GRANT USAGE ON SEQUENCE mart.s TO app_readonly',
      'failed',
      'has nextval() of mart.s',
    ],
    [
      'readerWritesNothing',
      'GRANT CREATE ON SCHEMA public TO PUBLIC',
      'failed',
      'has CREATE in schema public',
    ],
    [
      'readerWritesNothing',
      'GRANT CREATE ON DATABASE core_demo TO app_readonly',
      'failed',
      'has CREATE in the database',
    ],
    [
      'readerWritesNothing',
      'GRANT pg_write_all_data TO app_readonly',
      'failed',
      'has DELETE, INSERT, UPDATE on ',
    ],
    [
      'readerWritesNothing',
      'CREATE ROLE writer; GRANT writer TO app_readonly WITH INHERIT FALSE',
      'failed',
      'has the rights of writer',
    ],
    [
      'readerWritesNothing',
      'GRANT pg_write_server_files TO app_readonly',
      'failed',
      'has the rights of pg_write_server_files',
    ],
    ['readerWritesNothing', 'ALTER ROLE app_readonly SUPERUSER', 'failed', 'has SUPERUSER'],
    [
      'readerWritesNothing',
      'ALTER ROLE app_readonly CREATEROLE CREATEDB',
      'failed',
      'has CREATEROLE CREATEDB',
    ],
    ['readerWritesNothing', 'ALTER TABLE stg.shipments OWNER TO app_readonly', 'failed', 'on stg.shipments'],
    [
      'readerWritesNothing',
      `CREATE FUNCTION mart.wipe() RETURNS void LANGUAGE sql SECURITY DEFINER AS 'DELETE FROM mart.suppliers'`,
      'warning',
      'with the rights of an owner: mart.wipe()',
    ],
    [
      'readerWritesNothing',
      'ALTER ROLE app_readonly RENAME TO reader',
      'skipped',
      'there is no role app_readonly',
    ],

    ['indexesValid', '', 'passed', 'all'],
    [
      'indexesValid',
      `UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'mart.suppliers_pkey'::regclass`,
      'failed',
      'invalid: mart.suppliers_pkey',
    ],
    [
      'indexesValid',
      'CREATE TABLE mart.p (a int) PARTITION BY LIST (a); CREATE TABLE mart.p1 PARTITION OF mart.p DEFAULT; CREATE INDEX parts ON ONLY mart.p (a)',
      'failed',
      'invalid: mart.parts',
    ],

    ['constraintsValidated', '', 'passed', 'all'],
    [
      'constraintsValidated',
      'ALTER TABLE mart.suppliers ADD CONSTRAINT later CHECK (true) NOT VALID',
      'warning',
      'not validated: mart.suppliers: later (whether that is new is not known: needs BASE=<environment>)',
    ],

    ['viewsPopulated', '', 'passed', '1 materialized view'],
    [
      'viewsPopulated',
      'REFRESH MATERIALIZED VIEW mart.mv_receive_daily_summary WITH NO DATA',
      'warning',
      'never populated: mart.mv_receive_daily_summary',
    ],
  ])('%s: %s', async (name, fault, state, found) => {
    const result = await withFault(databaseChecks[name], fault);
    expect(result).toMatchObject({ state, found: expect.stringContaining(found) as string });
    expect(result.remedy === undefined).toBe(state === 'passed' || state === 'skipped');
  });

  test('a constraint that BASE has not validated either is no fault', async () => {
    const planted = 'ALTER TABLE mart.suppliers ADD CONSTRAINT later CHECK (true) NOT VALID';
    const domain =
      'CREATE DOMAIN mart.d AS int; ALTER DOMAIN mart.d ADD CONSTRAINT positive CHECK (VALUE > 0) NOT VALID';
    const base = { baseName: 'twin', base: facts({ query: asks(twin) }) };
    const { constraintsValidated } = databaseChecks;
    expect(await withFault(constraintsValidated, planted, base)).toMatchObject({
      state: 'failed',
      found: 'not validated, unlike in twin: mart.suppliers: later',
    });
    await twin.query(`BEGIN; ${planted}`);
    expect(await withFault(constraintsValidated, planted, base)).toMatchObject({
      state: 'passed',
      found: 'not validated, as in twin: mart.suppliers: later',
    });
    expect(await withFault(constraintsValidated, `${planted}; ${domain}`, base)).toMatchObject({
      state: 'failed',
      found: 'not validated, unlike in twin: mart.d: positive',
    });
    await twin.query('ROLLBACK');
  });

  test('another environment’s marker', async () => {
    const marked = (name: string): Promise<CheckResult> =>
      withFault(markerRight, `COMMENT ON DATABASE core_demo IS 'ours\nmakesafe.environment=${name}'`);
    expect((await marked('local_demo')).state).toBe('passed');
    expect((await marked('vm_prod')).state).toBe('failed');
    expect((await withFault(markerRight, '')).state).toBe('passed');
    expect((await withFault(markerRight, 'COMMENT ON DATABASE core_demo IS NULL')).state).toBe('warning');
  });

  test('the registry may name another role and other schemas', async () => {
    const fault = `CREATE ROLE reporting; CREATE SCHEMA sales; CREATE TABLE sales.orders ()`;
    const reader = { role: 'reporting', schemas: ['sales'] };
    const { readerReads } = databaseChecks;
    expect((await withFault(readerReads, fault, { reader })).found).toBe(
      'reporting cannot read schema sales, sales.orders',
    );
    const granted = `${fault}; GRANT USAGE ON SCHEMA sales TO reporting; GRANT SELECT ON sales.orders TO reporting`;
    expect((await withFault(readerReads, granted, { reader })).found).toBe(
      'reporting reads all 1 relation of sales',
    );
  });

  test('a query that fails is a check that failed', async () => {
    const query = () => Promise.reject(new Error('connection lost'));
    expect(await lookAt(databaseReachable, facts({ query }))).toMatchObject({
      state: 'failed',
      found: 'connection lost',
    });
  });
});
