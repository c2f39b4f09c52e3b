import { expect, test } from 'vitest';
import { excerptOf } from '../../lib/migrations/excerpt.ts';

const numbered = (count: number): string =>
  Array.from({ length: count }, (_, at) => `line ${at + 1}`).join('\n');

test.each<[what: string, statement: string, position: number | undefined, message: string, shown: string[]]>([
  ['one line', 'SELECT nope', 8, '', ['SELECT nope']],
  ['one line is cut', 'x'.repeat(200), 1, '', [`${'x'.repeat(109)}…`]],
  [
    'a short one without a position',
    '\n  SELECT 1;\n  SELECT 2;\n',
    undefined,
    '',
    ['  SELECT 1;', '  SELECT 2;'],
  ],
  [
    'control characters',
    'SELECT\t1,\n\u001b[2J',
    9,
    '',
    ['line 1 of 2', '> 1  SELECT    1,', '  2  \\u{1b}[2J'],
  ],
  [
    'characters of two units',
    '-- 🔑🔑🔑\nSELECT nope',
    8,
    '',
    ['line 2 of 2', '  1  -- 🔑🔑🔑', '> 2  SELECT nope'],
  ],
  [
    'a block',
    "DO $x$\nBEGIN\n  RAISE 'no';\nEND $x$",
    undefined,
    'CONTEXT:  PL/pgSQL function inline_code_block line 3 at RAISE',
    ['line 3 of 4', '  1  DO $x$', '  2  BEGIN', "> 3    RAISE 'no';", '  4  END $x$'],
  ],
])('%s', (_what, statement, position, message, shown) => {
  const { note, lines } = excerptOf(statement, position, message);
  expect([...(note === undefined ? [] : [note]), ...lines]).toEqual(shown);
});

test.each([
  [1, 1, 10],
  [5, 1, 10],
  [100, 95, 104],
  [200, 191, 200],
])('ten lines of 200 around line %i', (line, first, last) => {
  const statement = numbered(200);
  const { note, lines } = excerptOf(
    statement,
    statement.indexOf(`line ${line}\n`) + 1 || statement.length,
    '',
  );
  expect(note).toBe(`line ${line} of 200`);
  expect(lines).toHaveLength(10);
  expect(lines[0]).toContain(`line ${first}`);
  expect(lines.at(-1)).toContain(`line ${last}`);
});

test('says when the database did not say which line it was', () => {
  expect(excerptOf(numbered(200), undefined, '').note).toBe(
    'the first 10 of 200 lines; the database did not say which one',
  );
});
