import stringWidth from 'fast-string-width';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shorten, wrap } from '../../lib/output/wrap.ts';

test.each<[columns: number | undefined, line: string, expected: string]>([
  [undefined, 'x'.repeat(300), 'x'.repeat(300)],
  [0, 'a line '.repeat(40), 'a line '.repeat(40)],
  [
    44,
    '    storage      volume one_two_three_4, 12.3 MB of it',
    '    storage      volume one_two_three_4,\n                 12.3 MB of it',
  ],
  [
    40,
    '[info] the shell exports something that counts',
    '[info] the shell exports something that\n       counts',
  ],
  [
    44,
    '✓ at head     20251211_140000000 and the others of it',
    '✓ at head     20251211_140000000 and the\n              others of it',
  ],
  [
    40,
    '  → make db-verify-env ENV=vm_stg BASE=local_dev',
    '  → make db-verify-env ENV=vm_stg\n    BASE=local_dev',
  ],
  // What is longer than a line is to be copied.
  [
    40,
    '[error] /a/very/long/path/that/goes/on/and/on/and/on/for/ever is not there',
    '[error] /a/very/long/path/that/goes/on/and/on/and/on/for/ever\n        is not there',
  ],
  [
    30,
    '[warn] 品目テーブルにはもう行がありません、確認してください。',
    '[warn] 品目テーブルにはもう行\n       がありません、確認して\n       ください。',
  ],
  [
    40,
    '\x1b[36m[info]\x1b[39m the shell exports something that counts',
    '\x1b[36m[info]\x1b[39m the shell exports something that\n       counts',
  ],
])('%s columns: %j', (columns, line, expected) => {
  expect(wrap(line, columns)).toBe(expected);
});

test('nothing is lost, no word of a line is broken, and no line is longer than it has to be', () => {
  const word = fc.stringMatching(/^[a-z_/=.,]{1,18}$/);
  const line = fc
    .record({
      label: fc.constantFrom('', '[ok] ', '    engine       ', '  → ', '✓ marker  '),
      words: fc.array(word, { minLength: 1 }),
    })
    .map(({ label, words }) => label + words.join(' '));
  fc.assert(
    fc.property(line, fc.integer({ min: 48, max: 120 }), (text, columns) => {
      const lines = wrap(text, columns).split('\n');
      expect(
        lines
          .map((one) => one.trim())
          .join(' ')
          .split(/ +/),
      ).toEqual(text.trim().split(/ +/));
      for (const one of lines) expect(stringWidth(one)).toBeLessThanOrEqual(columns);
    }),
  );
});

test('a line that is drawn again and again has no second row', () => {
  expect(shorten('waiting for x', 80)).toBe('waiting for x');
  expect(shorten('waiting for x', undefined)).toBe('waiting for x');
  expect(shorten('waiting for 品目', 15)).toBe('waiting for …');
  expect(shorten('waiting for 品目', 16)).toBe('waiting for 品…');
});
