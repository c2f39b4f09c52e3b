import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CanonicalDump } from '../../lib/schema/canonical/canonical.ts';
import { COMMIT } from '../helpers/commit.ts';
import { useServer } from '../helpers/database-server.ts';

/**
 * Databases that are generated, each with a hundred expressions. CI takes one; more:
 * `DATABASES=30 npx vitest run --project integration tests/integration/schema-canonical.test.ts`.
 */
const DATABASES = Number(process.env['DATABASES'] ?? 1);
const EXPRESSIONS = 100;

const server = useServer('max_logical_replication_workers=0');

/** As `db-dump-schema-env` writes it. */
async function canonical(database: string): Promise<string> {
  const output = new PassThrough();
  const [{ stderr }, script] = await Promise.all([
    server.dump(database, ['--schema-only', '--no-owner', '--no-acl'], output),
    text(output.pipe(new CanonicalDump())),
  ]);
  expect(stderr).toBe('');
  return script;
}

async function expectStable(database: string): Promise<void> {
  const first = await canonical(database);
  await server.create('loaded', first);
  const second = (await canonical('loaded')).split('\n');
  const changed = first.split('\n').flatMap((line, at) => (line === second[at] ? [] : [[line, second[at]]]));
  expect(changed.slice(0, 5)).toEqual([]);
  expect(second.length).toBe(first.split('\n').length);
}

/** Boolean expressions over the columns of the table below; BETWEEN and IN leave behind what is printed otherwise later. */
const { condition } = fc.letrec<{ condition: string; leaf: string }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'condition' },
    tie('leaf'),
    fc
      .tuple(tie('condition'), fc.constantFrom('AND', 'OR'), tie('condition'))
      .map(([a, how, b]) => `(${a} ${how} ${b})`),
    fc
      .tuple(tie('condition'), fc.constantFrom('AND', 'OR'), tie('condition'))
      .map(([a, how, b]) => `${a} ${how} ${b}`),
    tie('condition').map((a) => `NOT (${a})`),
    fc.tuple(tie('condition'), tie('condition')).map(([a, b]) => `CASE WHEN ${a} THEN ${b} ELSE false END`),
    fc.tuple(tie('condition'), tie('condition')).map(([a, b]) => `COALESCE(${a}, ${b})`),
  ),
  leaf: fc.oneof(
    fc
      .tuple(
        fc.constantFrom('i', 'n', 'b', 'd', 'm'),
        fc.constantFrom('', 'NOT '),
        fc.integer(),
        fc.integer(),
      )
      .map(([column, not, from, to]) => `${column} ${not}BETWEEN ${from} AND ${to}`),
    fc
      .tuple(
        fc.constantFrom('v', 't', 'c', 'w', '"O""k"'),
        fc.constantFrom('', 'NOT '),
        fc.array(literal(), { minLength: 1, maxLength: 4 }),
      )
      .map(([column, not, values]) => `${column} ${not}IN (${values.join(', ')})`),
    fc.tuple(fc.constantFrom('v', 't', 'c', 'w'), literal()).map(([column, value]) => `${column} = ${value}`),
    fc
      .tuple(fc.constantFrom('v', 'w'), fc.array(literal(), { maxLength: 3 }))
      .map(([column, values]) => `${column} = ANY (ARRAY[${values.join(', ')}]::varchar[])`),
    fc
      .tuple(fc.constantFrom('n', 'd'), fc.array(fc.integer(), { minLength: 1, maxLength: 3 }))
      .map(([column, values]) => `${column} IN (${values.join(', ')})`),
    fc.tuple(fc.integer(), fc.integer()).map(([a, b]) => `i BETWEEN SYMMETRIC ${a} AND ${b}`),
    fc.constantFrom(
      'f',
      'f IS NOT TRUE',
      "v LIKE 'a%'",
      't IS NULL',
      'i IS DISTINCT FROM n',
      '(i, n) < (1, 2)',
      'a = ARRAY[1, 2]',
      'i = ANY (a)',
    ),
  ),
}));

/** With all that begins or ends something. */
function literal(): fc.Arbitrary<string> {
  return fc
    .string({
      unit: fc.constantFrom(
        'a',
        "'",
        '"',
        '(',
        ')',
        '[',
        ']',
        ',',
        ' AND ',
        '::text[]',
        '$$',
        '\\',
        '--',
        '/*',
        '\n',
        'é',
      ),
      maxLength: 4,
    })
    .map((value) => `E'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`);
}

const TABLE = `CREATE SCHEMA m; SET search_path = m;
  CREATE TABLE t (i int, n numeric, b bigint, d float8, m smallint, v varchar(10), w varchar, t text, c char(3), "O""k" varchar,
    f bool, a int[])`;

/** Each condition in one of the places where pg_dump prints one. */
const place = (expression: string, at: number): string =>
  [
    `ALTER TABLE t ADD CONSTRAINT "c ${at}" CHECK (${expression})`,
    `CREATE INDEX i${at} ON t (i) WHERE ${expression}`,
    `CREATE VIEW v${at} AS SELECT i, ${expression} AS x FROM t WHERE ${expression}`,
    `CREATE POLICY p${at} ON t USING (${expression})`,
    `CREATE FUNCTION f${at}() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM t WHERE ${expression}; END`,
  ][at % 5]!;

test(
  'a canonical dump of hostile expressions, loaded and dumped again, is the same to the byte',
  async () => {
    for (let round = 0; round < DATABASES; round++) {
      const expressions = fc.sample(condition, { numRuns: EXPRESSIONS, seed: COMMIT + round });
      await server.create('generated', TABLE, ...expressions.map(place));
      await expectStable('generated');
    }
  },
  60_000 + DATABASES * 20_000,
);

test('so is one of each kind of object', async () => {
  const statements = readFileSync(join(import.meta.dirname, '../fixtures/spellings.sql'), 'utf8');
  await server.create('generated', statements);
  await expectStable('generated');
});
