import { expect, test } from 'vitest';
import { pad, widest } from '../../lib/output/columns.ts';

test.each<[text: string, width: number]>([
  ['', 0],
  ['up', 2],
  ['商品', 4],
  ['ﾃｽﾄ', 3],
  ['é', 1],
  ['が', 2],
])('%j takes %i columns', (text, width) => {
  expect(widest([text, ''])).toBe(width);
  expect(pad(text, 8)).toBe(text + ' '.repeat(8 - width));
  expect(pad(text, 0)).toBe(text);
});

test('nothing is as wide as nothing', () => expect(widest([])).toBe(0));
