import { beforeAll, describe, expect, test } from 'vitest';
import { facetsOf } from '../../lib/schema/read/facets.ts';
import { loadParser } from '../../lib/sql/syntax.ts';

beforeAll(() => loadParser());

/** Whether two conditions mean the same, as far as syntax tells. */
function same(one: string, other: string): boolean {
  const [a, b] = [one, other].map((query) =>
    facetsOf(`CREATE VIEW v AS ${query}`)?.facets.map(({ meaning }) => meaning),
  );
  expect(a).toBeDefined();
  return JSON.stringify(a) === JSON.stringify(b);
}

describe('what PostgreSQL prints in another way after a restore, or in another version, is the same', () => {
  test.each([
    ['SELECT 1 WHERE ((a AND b) AND c)', 'SELECT 1 WHERE (a AND b AND c)'],
    ['SELECT 1 WHERE (a OR (b OR (c OR d)))', 'SELECT 1 WHERE (a OR b OR c OR d)'],
    [
      `SELECT (ARRAY['a'::varchar, 'b'::varchar])::text[]`,
      `SELECT ARRAY[('a'::varchar)::text, ('b'::varchar)::text]`,
    ],
    ['SELECT t.a FROM m.t WHERE t.b > 0 GROUP BY t.a', 'SELECT a FROM m.t WHERE b > 0 GROUP BY a'],
    ['SELECT x.a FROM m.t x ORDER BY x.a', 'SELECT a FROM m.t x ORDER BY a'],
    ['SELECT   1', 'SELECT 1'],
  ])('%s', (one, other) => expect(same(one, other)).toBe(true));
});

describe('what means something else is not', () => {
  test.each([
    ['SELECT 1 WHERE (a AND b) OR c', 'SELECT 1 WHERE a AND (b OR c)'],
    ['SELECT 1 WHERE NOT (NOT a)', 'SELECT 1 WHERE NOT a'],
    ['SELECT ARRAY[]::text[]', 'SELECT ARRAY[]::int[]'],
    [`SELECT ARRAY[ARRAY['a']]::text[]`, `SELECT ARRAY[(ARRAY['a'])::text]`],
    ['SELECT ARRAY[a, b]::text[] FROM t', 'SELECT ARRAY[a::text, b::text] FROM t'],
    [`SELECT ARRAY['a']::text[][]`, `SELECT ARRAY['a'::text]`],
    ['SELECT t.a FROM t, u', 'SELECT a FROM t, u'],
    ['SELECT t.a FROM t x', 'SELECT a FROM t x'],
    [
      'SELECT 1 FROM t WHERE EXISTS (SELECT 1 FROM u WHERE t.a = 1)',
      'SELECT 1 FROM t WHERE EXISTS (SELECT 1 FROM u WHERE a = 1)',
    ],
    ['SELECT upper(t.a) AS a FROM t ORDER BY t.a', 'SELECT upper(a) AS a FROM t ORDER BY a'],
    [`SELECT 'a'`, `SELECT 'A'`],
    ['SELECT 1', 'SELECT 1.0'],
    ['SELECT a FROM t', 'SELECT a AS b FROM t'],
    ['SELECT a FROM t', 'SELECT a FROM m.t'],
  ])('%s', (one, other) => expect(same(one, other)).toBe(false));
});

test('a table is taken apart into its columns, constraints and the rest', () => {
  const found = facetsOf(`CREATE UNLOGGED TABLE m.t (
    "a "", b" integer DEFAULT 1 NOT NULL,
    "é" text DEFAULT '),
    c integer'::text,
    CONSTRAINT "c 1" CHECK ((("é" <> ')'::text) AND ("a "", b" > 0)))
)
INHERITS (m.p)
WITH (fillfactor='70');
ALTER TABLE ONLY m.t ALTER COLUMN "é" SET STORAGE EXTERNAL;
ALTER TABLE m.t ENABLE ROW LEVEL SECURITY;`)!;
  expect(found.columns).toEqual(['a ", b', 'é']);
  expect(found.constraints).toMatchObject([
    { name: 'c 1', text: `CHECK ((("é" <> ')'::text) AND ("a "", b" > 0)))` },
  ]);
  expect(found.facets.map(({ class: kind, label, text }) => [kind, label, text])).toEqual([
    ['storage', 'fillfactor', '70'],
    ['definition', 'column a ", b', 'integer DEFAULT 1 NOT NULL'],
    ['definition', 'column é', `text DEFAULT '),\n    c integer'::text`],
    ['storage', '', 'UNLOGGED'],
    ['definition', '', `INHERITS (m.p)\nWITH (fillfactor='70')`],
    ['storage', '', 'ALTER COLUMN "é" SET STORAGE EXTERNAL'],
    ['definition', '', 'ENABLE ROW LEVEL SECURITY'],
  ]);
});

test('what PostgreSQL could not read is not taken apart', () => {
  expect(facetsOf('CREATE PROPERTY GRAPH g')).toBeUndefined();
});
