import type { Client } from 'pg';
import { describe, expect, test } from 'vitest';
import { runStatements, splitStatements } from '../../lib/database/script.ts';
import { ConfigurationError } from '../../lib/errors.ts';
import { PATIENCE, seededRandom, thrownBy } from './support.ts';

const split = (script: string): [line: number, sql: string][] =>
  splitStatements(script).map(({ line, sql }) => [line, sql]);

describe('one statement, whatever is in it', () => {
  test.each([
    'SELECT 1;',
    "SELECT ';';",
    "SELECT 'it''s; one';",
    "SELECT E'it\\'s; one', e'\\\\';",
    "SELECT 'C:\\', ';';",
    'SELECT ";" FROM "a""; b";',
    'DO $$ BEGIN PERFORM 1; END; $$;',
    "DO $x$ SELECT '$$'; $y$; $x$;",
    'DO $日本$ a; $日本$;',
    "SELECT a$b$c, x$$, 日$$, ';';",
    "SELECT E'it''s \\'; one';",
    // A literal may go on in the next line, and is still the same kind.
    "SELECT E'a'\n  'it\\'s; one';",
    'SELECT 1 -- it\'s; "not" $$ /* the end\n;',
    "SELECT /* one; /* two; */ it's */ 1;",
    'CREATE RULE r AS ON INSERT TO t DO (DELETE FROM a; DELETE FROM b);',
    'CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END;',
    'create or replace function f(a int) returns int begin atomic select case when a > 1 then 1 else 2 end; select 3; end;',
    'CREATE PROCEDURE p() BEGIN ATOMIC DELETE FROM t; END;',
    `CREATE FUNCTION "begin atomic"() RETURNS text LANGUAGE sql AS 'SELECT 1; SELECT 2';`,
    'SELECT $1, a.b, 1e5, U&"d\\0061t;a", x\'1F;\';',
    'BEGIN;',
    'SELECT 1',
  ])('%j', (sql) => {
    const end = sql.split('\n').length;
    expect(split(sql)).toEqual([[end, sql]]);
    expect(split(`${sql.replace(/;?$/, ';')}\nSELECT 'next';`).at(-1)).toEqual([end + 1, "SELECT 'next';"]);
  });
});

test.each<[script: string, expected: [line: number, sql: string][]]>([
  ['', []],
  ['\n\n-- only this\n/* and this */\n', []],
  [';;\n;', []],
  [
    'SELECT 1; SELECT 2;\nSELECT 3;',
    [
      [1, 'SELECT 1;'],
      [1, 'SELECT 2;'],
      [2, 'SELECT 3;'],
    ],
  ],
  // psql names the line on which a statement ends.
  ['\n\nSELECT\n1\n;\n', [[5, 'SELECT\n1\n;']]],
  ["SELECT 'a\nb';\r\nSELECT 2;\r\n", [[2, "SELECT 'a\nb';"], [3, 'SELECT 2;']]], // prettier-ignore
  [
    'BEGIN;\nSELECT 1;\nEND;',
    [
      [1, 'BEGIN;'],
      [2, 'SELECT 1;'],
      [3, 'END;'],
    ],
  ],
  // What is broken takes the rest with it, as in psql; it is not dropped.
  ["SELECT 'open;\nSELECT 2;\n", [[2, "SELECT 'open;\nSELECT 2;"]]],
  ['SELECT (1;\nSELECT 2;\n', [[2, 'SELECT (1;\nSELECT 2;']]],
  ['SELECT 1);\nSELECT 2;', [[1, 'SELECT 1);'], [2, 'SELECT 2;']]], // prettier-ignore
])('%j', (script, expected) => {
  expect(split(script)).toEqual(expected);
});

describe('backslash commands', () => {
  test.each(['\\set ON_ERROR_STOP 0', '\\set ON_ERROR_STOP on', '\\set  on_error_stop 1'])(
    '%s is left out',
    (command) => {
      expect(split(`${command}\nSELECT 1;\n${command}\nSELECT 2;`)).toEqual([
        [2, 'SELECT 1;'],
        [4, expect.stringMatching(/^SELECT 2;$/)],
      ]);
    },
  );

  test.each<[script: string, sentence: string]>([
    ['\\i other.sql', 'line 1: \\i is a command of psql'],
    ['SELECT 1;\n\\connect prod\n', 'line 2: \\connect is a command of psql'],
    ["SELECT 'a\nb' \\gexec", 'line 2: \\gexec is a command of psql'],
    ['\\set x 1', 'line 1: \\set is a command of psql'],
    ['\\! rm -rf /', 'line 1: \\! is a command of psql'],
  ])('%j is refused', (script, sentence) => {
    const error = thrownBy(() => splitStatements(script));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error.message).toBe(`${sentence}, which the embedded stack does not have`);
  });

  test('a backslash inside of something is none', () => {
    expect(split('SELECT \'\\i\', $$\\i$$, "\\i"; -- \\i\n/* \\i */')).toHaveLength(1);
  });
});

test('of 2,000 random scripts every statement comes out again, with its line', { timeout: PATIENCE }, () => {
  const { pick, several } = seededRandom(13);
  const words = [
    'SELECT',
    '1',
    'a$b',
    '$1',
    'E',
    'END',
    'CASE',
    ',',
    '\n',
    ' ',
    '-',
    '/',
    '日本',
    '::text',
    '.',
  ];
  const inside = [...words, ';', '--', '(', ')', '\\', '"', "'", '$', '/ *', 'BEGIN ATOMIC'];
  const text = (): string => several(5, () => pick(inside)).join('');
  const piece = (): string =>
    pick([
      () => pick(words),
      () => `'${text().replaceAll("'", "''")}'`,
      () => `E'${text().replaceAll(/[\\']/g, '\\$&')}'`,
      () => `"${text().replaceAll('"', '""')}"`,
      () => ` $x$${text()}$x$`,
      () => ` $$${text().replaceAll('$', '')}$$`,
      () => `/*${text().replaceAll(/[*/]/g, '')}*/`,
      () => `--${text().replaceAll('\n', '')}\n`,
      () => `(${text().replaceAll(/[^\w;]/g, '')})`,
    ])();
  const wrong: unknown[] = [];
  for (let round = 0; round < 2000; round++) {
    const statements = several(4, () => `SELECT ${several(6, piece).join(' ')};`);
    let line = 1;
    const expected = statements.map((sql) => [(line += sql.split('\n').length), sql] as const);
    const script = statements.map((sql) => `\n${sql}`).join('');
    const found = split(script);
    if (JSON.stringify(found) !== JSON.stringify(expected)) wrong.push({ script, found, expected });
  }
  expect(wrong.slice(0, 2)).toEqual([]);
});

test('a statement that fails does not stop the others', async () => {
  const sent: string[] = [];
  const client = {
    query: (sql: string) => {
      sent.push(sql);
      return sql.includes('bad') ? Promise.reject(new Error(`no ${sql}`)) : Promise.resolve();
    },
  } as unknown as Client;
  const errors = await runStatements(client, '\\set ON_ERROR_STOP 1\nbad1;\ngood;\nbad2;\n');
  expect(sent).toEqual([expect.stringContaining('bad1;'), 'good;', 'bad2;']);
  expect(errors.map(({ line }) => line)).toEqual([2, 4]);
});
