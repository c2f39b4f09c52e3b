import { describe, expect, test } from 'vitest';
import { compareLines, type Line, type Row } from '../../lib/schema/report/lines.ts';
import { processorTime } from './support.ts';

const side = (line: Line | undefined): string =>
  line
    ? `${line.number} ${line.pieces.map(({ text, marked }) => (marked ? `[${text}]` : text)).join('')}`
    : '';

/** A row as one line: its kind, then both sides, what is marked in brackets. */
const shown = (row: Row): string =>
  'count' in row ? `${row.count} ${row.kind}` : `${row.kind}: ${side(row.base)} | ${side(row.compared)}`;

const numbered = (count: number, changed: Readonly<Record<number, string>> = {}): string =>
  Array.from({ length: count }, (_, at) => changed[at + 1] ?? `line ${at + 1}`).join('\n');

describe('lines side by side', () => {
  test.each<[what: string, base: string | undefined, compared: string | undefined, rows: string[]]>([
    ['nothing', undefined, undefined, []],
    ['only in base', 'a\nb\n', undefined, ['removed: 1 a | ', 'removed: 2 b | ']],
    ['only in compared', undefined, 'a', ['added:  | 1 a']],
    [
      'a changed word',
      'net numeric(10,2)',
      'net numeric(12,2)',
      ['changed: 1 net numeric([10],2) | 1 net numeric([12],2)'],
    ],
    ['nothing in common', 'alpha', 'beta', ['changed: 1 alpha | 1 beta']],
    ['a removed line', 'a\nb\nc', 'a\nc', ['same: 1 a | 1 a', 'removed: 2 b | ', 'same: 3 c | 2 c']],
    ['an added line', 'a\nc', 'a\nb\nc', ['same: 1 a | 1 a', 'added:  | 2 b', 'same: 2 c | 3 c']],
    [
      'more lines than there were',
      'a\nold one\nz',
      'a\nnew one\nand more\nz',
      ['same: 1 a | 1 a', 'changed: 2 [old] one | 2 [new] one', 'added:  | 3 and more', 'same: 3 z | 4 z'],
    ],
    ['Japanese words', "'受入 実績'", "'受入 目標'", ["changed: 1 '受入 [実績]' | 1 '受入 [目標]'"]],
    ['a last line without its end', 'a', 'a\n', ['same: 1 a | 1 a']],
  ])('%s', (_, base, compared, rows) => {
    expect(compareLines(base, compared).map(shown)).toEqual(rows);
  });

  test('three equal lines are kept on each side of a change', () => {
    const rows = compareLines(numbered(30), numbered(30, { 15: 'line fifteen' }));
    expect(rows.map(shown)).toEqual([
      '11 equal lines',
      ...[12, 13, 14].map((at) => `same: ${at} line ${at} | ${at} line ${at}`),
      'changed: 15 line [15] | 15 line [fifteen]',
      ...[16, 17, 18].map((at) => `same: ${at} line ${at} | ${at} line ${at}`),
      '12 equal lines',
    ]);
  });

  test('a gap of one line is shown', () => {
    const rows = compareLines(numbered(9), numbered(9, { 5: 'line five' }));
    expect(rows.map(shown)[0]).toBe('same: 1 line 1 | 1 line 1');
    expect(rows).toHaveLength(9);
  });

  test('a comma that only a list’s last line lacks is no change', () => {
    const [base, compared] = ['(\n  a int,\n  b int\n)', '(\n  a int,\n  b int,\n  c int\n)'];
    const added = ['added:  | 4   c int', 'same: 4 ) | 5 )'];
    expect(compareLines(base, compared, true).map(shown).slice(2)).toEqual([
      'same: 3   b int | 3   b int,',
      ...added,
    ]);
    expect(compareLines(base, compared).map(shown).slice(2)).toEqual([
      'changed: 3   b int | 3   b int[,]',
      ...added,
    ]);
  });

  test('what would steer a terminal or turn the text around is made visible', () => {
    const [row] = compareLines('a\tb\r', '\u001b[2Jb\u202ec');
    expect(shown(row!)).toBe('changed: 1 a    b\\r | 1 \\u{1b}[2Jb\\u{202e}c');
  });
});

describe('bounded', () => {
  const limit = 2_000;

  test.each<[what: string, base: string, compared: string]>([
    ['a body of 1 MB, every line another one', numbered(90_000), numbered(90_000).replaceAll('line', 'row')],
    ['a body of 1 MB, lines in reverse', numbered(90_000), numbered(90_000).split('\n').reverse().join('\n')],
    ['one line of 1 MB', 'word '.repeat(200_000), 'ward '.repeat(200_000)],
    ['one line of 1 MB without blanks', 'a'.repeat(1_000_000), 'b'.repeat(1_000_000)],
    ['1 MB of commas', ','.repeat(1_000_000), ',;'.repeat(500_000)],
  ])('%s', (_, base, compared) => {
    const spent = processorTime();
    const rows = compareLines(base, compared);
    expect(spent()).toBeLessThan(limit);
    expect(rows.length).toBeLessThanOrEqual(401);
    expect(JSON.stringify(rows).length).toBeLessThan(100_000);
    expect(rows.length).toBeGreaterThan(0);
  });

  test('rows beyond the limit are counted', () => {
    const rows = compareLines(undefined, numbered(1_000));
    expect(rows).toHaveLength(401);
    expect(shown(rows.at(-1)!)).toBe('600 more lines');
  });

  test('a long line is shown around its first difference', () => {
    const long = (word: string): string => `${'x'.repeat(5_000)} ${word} ${'y '.repeat(5_000)}`;
    const [row] = compareLines(long('before'), long('after'));
    expect(shown(row!)).toMatch(
      /^changed: 1 … x+ \[before\] [y ]+(\[ ?y? ?\])? … \(\d+ more characters\) \| 1 … x+ \[after\] [y ]+/,
    );
  });
});
