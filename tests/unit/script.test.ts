import type { Client } from 'pg';
import { describe, expect, test } from 'vitest';
import { runStatements, splitStatements } from '../../lib/sql/run-statements.ts';
import { seededRandom } from './support.ts';

/** Each statement with the line that psql 15 named for it, tried against a server. */
type Expected = [line: number, sql: string][];
const split = (script: string): Expected => splitStatements(script).map(({ line, sql }) => [line, sql]);

test.each<[what: string, script: string, expected: Expected]>([
  ['nothing', '', []],
  ['white space', ' \n\t\r\n', []],
  ['empty statements', ';;\n;', []],
  ['comments only', '-- one;\n/* two; */', []],
  ['one statement', 'SELECT 1;', [[1, 'SELECT 1;']]],
  [
    'several on a line',
    'SELECT 1;SELECT 2 ;\n',
    [
      [1, 'SELECT 1;'],
      [1, 'SELECT 2 ;'],
    ],
  ],
  [
    'one over several lines: the line of its semicolon counts',
    'SELECT\n  1\n;\nSELECT 2;',
    [
      [3, 'SELECT\n  1\n;'],
      [4, 'SELECT 2;'],
    ],
  ],
  [
    'CRLF',
    'SELECT 1\r\n;\r\n-- no; \r\nSELECT 2;\r\n',
    [
      [2, 'SELECT 1\r\n;'],
      [4, '-- no; \r\nSELECT 2;'],
    ],
  ],
  ['no final semicolon', 'SELECT 1', [[1, 'SELECT 1']]],
  ['no final semicolon, but a line break', 'SELECT 1\n', [[1, 'SELECT 1']]],
  ['no final semicolon, and a comment behind it', 'SELECT 1\n\n-- end\n', [[3, 'SELECT 1\n\n-- end']]],
])('%s', (_what, script, expected) => {
  expect(split(script)).toEqual(expected);
});

// Each is one statement in which no semicolon is the end; `SELECT 2;` behind it is another.
describe('semicolons that end nothing', () => {
  test.each([
    ['a literal', `SELECT ';'`],
    ['a literal with a doubled quote', `SELECT 'it''s;'`],
    ['a literal over two lines', `SELECT 'a;\nb;'`],
    ['a literal that ends in a backslash', `SELECT 'a\\', ';'`],
    ['a literal of a type whose name ends in e', `SELECT date'a\\', ';'`],
    ['an escape string', `SELECT E'it\\'s;', e'\\\\', ';'`],
    ['an escape string with a doubled quote', `SELECT E'it''s;\\''`],
    ['a continued escape string', `SELECT E'a'\n  'b\\';'`],
    ['a Unicode literal', `SELECT U&'\\0441;', ';'`],
    ['a quoted name', `SELECT 1 AS "a;b"`],
    ['a quoted name with a doubled quote', `SELECT 1 AS "a"";b"`],
    ['a quoted name with an apostrophe', `SELECT 1 AS "it's;", ';'`],
    ['dollar quotes', `SELECT $$;'"$$`],
    ['dollar quotes with a tag', `SELECT $a$; $$ ; $b$ ; $a$`],
    ['dollar quotes with a tag beyond ASCII', `SELECT $été_1$; $$ ; $été_1$`],
    ['dollar quotes that begin in what another ends with', `SELECT $a$ $a $a$, $$;$$`],
    ['a line comment', `SELECT 1 -- a; it's\n`],
    ['a line comment in an operator', `SELECT 1 +-- a; it's\n1`],
    ['a block comment', `SELECT /* a; it's */ 1`],
    ['nested comments', `SELECT /* a; /* b; */ c; it's */ 1`],
    ['a comment sign in a literal', `SELECT '/*', ';', '*/'`],
    ['a line comment sign in a literal', `SELECT '--;'`],
    ['parentheses', `CREATE RULE r AS ON INSERT TO t DO ALSO (SELECT 1; SELECT 2; )`],
    ['nested parentheses', `CREATE RULE r AS ON INSERT TO t DO (SELECT (1); SELECT (2))`],
    ['BEGIN ATOMIC', `CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END`],
    ['BEGIN ATOMIC of a procedure', `create or replace procedure p() begin atomic select 1; end`],
    [
      'BEGIN ATOMIC with CASE',
      `CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC\n` +
        `SELECT CASE WHEN true THEN CASE 1 WHEN 1 THEN 2 END ELSE 3 END;\nSELECT 1; END`,
    ],
    ['words in names', `CREATE FUNCTION begin_atomic() RETURNS int LANGUAGE sql AS 'SELECT 1;'`],
  ])('in %s', (_what, sql) => {
    const lines = sql.split('\n').length;
    expect(split(`${sql};\nSELECT 2;`)).toEqual([
      [lines, `${sql};`],
      [lines + 1, 'SELECT 2;'],
    ]);
  });
});

// And here every semicolon ends a statement.
describe('semicolons that do end one', () => {
  test.each([
    ['a transaction', ['BEGIN;', 'SELECT 1;', 'END;']],
    ['CASE outside of a body', ['SELECT CASE WHEN true THEN 1 END;', 'SELECT 2;']],
    ['names that look like words', ['SELECT 1 AS "BEGIN", 2 AS atomic;', 'SELECT 3 AS "CASE";']],
    ['dollars in names and parameters', ['SELECT a$b$c FROM t;', 'PREPARE p AS SELECT $1, $2;', 'SELECT 1;']],
    [
      'a function with a quoted body',
      [`CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'BEGIN ATOMIC';`, 'SELECT 1;'],
    ],
    [
      'a body behind a body',
      [
        'CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; END;',
        'CREATE FUNCTION g() RETURNS int RETURN 1;',
        'SELECT 1;',
      ],
    ],
    ['more closing than opening parentheses', ['SELECT 1);', 'SELECT 2;']],
    ['a question of operators', ['SELECT 1 / 2 * 3;', 'SELECT -1 - -1;']],
  ])('%s', (_what, statements) => {
    expect(split(statements.join(' '))).toEqual(statements.map((sql) => [1, sql]));
  });
});

// psql sends them, the server refuses them, and a person hears of it.
test.each(['42;', '@;', 'é;', 'テスト;', '"a";', '+;', "'a';", '(;);', '$1;'])(
  'what is not SQL is a statement all the same: %s',
  (script) => {
    expect(split(script)).toEqual([[1, script]]);
  },
);

test.each([
  ['a literal', `SELECT 1;\nSELECT 'a;\nb`],
  ['an escape string', `SELECT 1;\nSELECT E'a\\';\nb`],
  ['a name', `SELECT 1;\nSELECT "a;\nb`],
  ['a dollar quote', `SELECT 1;\nSELECT $a$;\n$$`],
  ['a parenthesis', `SELECT 1;\nSELECT (1;\nSELECT 2;`],
])('%s that is never closed takes all that is left', (_what, script) => {
  expect(split(script)).toEqual([
    [1, 'SELECT 1;'],
    [3, script.slice('SELECT 1;\n'.length)],
  ]);
});

test('of 2,000 random scripts every statement comes out again, with its line', () => {
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

describe('backslash commands', () => {
  test.each([
    '\\set ON_ERROR_STOP 0',
    '\\set ON_ERROR_STOP on',
    '\\set ON_ERROR_STOP',
    '\\set ON_ERROR_STOP 1\r',
    '  \\set  ON_ERROR_STOP  off',
  ])('%j changes nothing', (command) => {
    expect(split(`SELECT 1;\n${command}\nSELECT\n2;`)).toEqual([
      [1, 'SELECT 1;'],
      [4, 'SELECT\n2;'],
    ]);
  });

  test('\\set ON_ERROR_STOP in the middle of a statement leaves the rest of it', () => {
    const [[line, sql]] = split('SELECT \\set ON_ERROR_STOP 0\n1;') as [[number, string]];
    expect(line).toBe(2);
    expect(sql.replaceAll(/\s+/g, ' ')).toBe('SELECT 1;');
  });

  test.each([
    ['\\i other.sql', '\\i'],
    ['\\if true', '\\if'],
    ['\\set OTHER 1', '\\set'],
    ['\\set ON_ERROR_STOPPED 1', '\\set'],
    ['\\set ON_ERROR_ROLLBACK on', '\\set'],
    ['\\unset ON_ERROR_STOP', '\\unset'],
    ['\\gexec', '\\gexec'],
    ['\\c other', '\\c'],
    ['\\! rm -rf /', '\\!'],
    ['\\.', '\\.'],
    ['SELECT 1 \\gset', '\\gset'],
    ['SELECT 1 \\; SELECT 2;', '\\;'],
    ['\\', '\\'],
  ])('%j is refused by name and line', (command, name) => {
    expect(() => splitStatements(`SELECT 'a\nb';\n/* \\i */ -- \\i\n${command}\n`)).toThrow(
      expect.objectContaining({
        status: 78,
        message: `line 4: ${name} is a command of psql, which a stack without containers does not have`,
      }),
    );
  });

  test.each(["SELECT '\\i';", 'SELECT $$\\i$$;', 'SELECT 1 AS "\\i";', "SELECT E'\\\\i';"])(
    'a backslash in a literal or name is none: %s',
    (script) => {
      expect(split(script)).toEqual([[1, script]]);
    },
  );
});

describe('runStatements', () => {
  /** A client that refuses what holds the word "wrong". */
  function client() {
    const sent: string[] = [];
    const query = (sql: string): Promise<void> => {
      sent.push(sql);
      return sql.includes('wrong') ? Promise.reject(new Error(`refused ${sent.length}`)) : Promise.resolve();
    };
    return { sent, client: { query } as unknown as Client };
  }

  test('goes on to the end and tells line and message of what failed', async () => {
    const { sent, client: fake } = client();
    const errors = await runStatements(
      fake,
      '\\set ON_ERROR_STOP 0\nwrong;\nSELECT 1;\nvery\nwrong;\nSELECT 2',
    );
    expect(errors).toEqual([
      { line: 2, message: 'refused 1' },
      { line: 5, message: 'refused 3' },
    ]);
    expect(sent).toHaveLength(4);
  });

  test.each(['1', 'on', 'true'])(
    'stops at the first error after ON_ERROR_STOP %s, as psql does',
    async (on) => {
      const { sent, client: fake } = client();
      const errors = await runStatements(fake, `wrong;\n\\set ON_ERROR_STOP ${on}\nwrong;\nSELECT 1;`);
      expect(errors.map(({ line }) => line)).toEqual([1, 3]);
      expect(sent).toHaveLength(2);
    },
  );

  test('sends nothing when there is a command that only psql knows', async () => {
    const { sent, client: fake } = client();
    await expect(runStatements(fake, 'SELECT 1;\n\\i other.sql')).rejects.toThrow('line 2: \\i');
    expect(sent).toEqual([]);
  });
});
