import { expect, test } from 'vitest';
import { withSuffix } from '../../lib/database/replace/names.ts';
import { seededRandom } from './support.ts';

// https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS
const MOST_BYTES = 63;

test.each([
  ['core', 'core__new'],
  ['', '__new'],
  ['x'.repeat(58), 'x'.repeat(58) + '__new'],
  ['x'.repeat(59), 'x'.repeat(58) + '__new'],
  ['x'.repeat(63), 'x'.repeat(58) + '__new'],
  // Three bytes each: 19 fit, with one byte to spare.
  ['受'.repeat(21), '受'.repeat(19) + '__new'],
  ['ab' + '受'.repeat(20), 'ab' + '受'.repeat(18) + '__new'],
  // Four bytes, two code units.
  ['😀'.repeat(15), '😀'.repeat(14) + '__new'],
  ['x"; DROP', 'x"; DROP__new'],
])('%s', (name, expected) => {
  expect(withSuffix(name, '__new')).toBe(expected);
  expect(Buffer.byteLength(expected)).toBeLessThanOrEqual(MOST_BYTES);
});

test('of 5,000 names the longest beginning that fits, never half a character', () => {
  const { pick, several } = seededRandom(11);
  const wrong: string[] = [];
  for (let round = 0; round < 5000; round++) {
    const name = several(63, () => pick(['a', 'é', '受', '😀', '"', ' '])).join('');
    const found = withSuffix(name, '__old');
    const begin = found.slice(0, -'__old'.length);
    const next = [...name][[...begin].length] ?? '';
    const fits = Buffer.byteLength(found) <= MOST_BYTES;
    const isLongest = begin === name || Buffer.byteLength(found + next) > MOST_BYTES;
    if (
      !found.endsWith('__old') ||
      !name.startsWith(begin) ||
      !fits ||
      !isLongest ||
      Buffer.from(found).toString() !== found
    ) {
      wrong.push(name);
    }
  }
  expect(wrong).toEqual([]);
});

test('is never the name itself', () => {
  const name = `${'x'.repeat(58)}__new`;
  expect(withSuffix(name, '__new')).not.toBe(name);
});
