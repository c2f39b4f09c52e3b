import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Stats } from 'node:fs';
import { asMark, fileName, isOurs, type FileMark } from '../../lib/database/saves/made-files.ts';
import { otherGlobals } from '../../lib/database/globals.ts';
import { isWorthAFile } from '../../lib/db-rebuild/cache/file/worth.ts';
import { bestOf, keyOf, type Recipe } from '../../lib/db-rebuild/cache/fit.ts';
import { portable } from '../../lib/db-rebuild/cache/recipe.ts';

const MARK: FileMark = {
  ...{ kind: 'made', of: 'core', what: 'rebuild', since: '2026-11-30T14:03:00Z', label: 'abc' },
  ...{ revisions: ['0001'], late: [], checkout: '/src/shop', attributes: 'a', globals: ['role app 12'] },
  ...{ fingerprint: 't', sha256: 's', seconds: 60 },
};

describe('what is written beside a file', () => {
  test.each<[string, unknown, boolean]>([
    ['as it is written', MARK, true],
    ['with a seed', { ...MARK, seed: 'x' }, true],
    ['of another kind', { ...MARK, kind: 'saved' }, false],
    ['no object', 'text', false],
    ['nothing', undefined, false],
    ['a list', [], false],
    ['without a time', { ...MARK, since: 'yesterday' }, false],
    ['with a number among the globals', { ...MARK, globals: [1] }, false],
    ['with a seed that is none', { ...MARK, seed: 1 }, false],
    ...Object.keys(MARK)
      .filter((field) => !['of', 'what'].includes(field))
      .map((field): [string, unknown, boolean] => [
        `without ${field}`,
        { ...MARK, [field]: undefined },
        false,
      ]),
  ])('%s', (_what, found, is) => expect(asMark(found) !== undefined).toBe(is));

  test('is what was written', () => {
    expect(asMark(JSON.parse(JSON.stringify(MARK)))).toEqual(MARK);
    expect(fileName(MARK)).not.toBe(fileName({ ...MARK, seed: 'x' }));
  });
});

test.each<[string, number, number, boolean]>([
  ['17 small revisions', 2.5, 8e6, false],
  ['some of a medium repository', 5, 8e6, false],
  ['500 revisions', 25, 12e6, true],
  ['one that fills a table', 20, 100e6, true],
  ['a large table, filled as fast as a file of it is read', 60, 1e9, false],
  ['a large table that takes minutes', 300, 1e9, true],
  ['nothing is known of it, as of one that an earlier version has kept', 0, 8e6, false],
])('worth a file: %s', (_what, seconds, size, worth) => expect(isWorthAFile({ seconds, size })).toBe(worth));

describe('whose file it is', () => {
  const stats = (mode: number, uid = process.getuid!()): Stats =>
    ({ mode, uid, isFile: () => true, isDirectory: () => false }) as Stats;
  test.each<[string, Stats | undefined, boolean]>([
    ['for the owner only', stats(0o100600), true],
    ['others may read it', stats(0o100644), true],
    ['the group may write it', stats(0o100660), false],
    ['everybody may write it', stats(0o100602), false],
    ['of another account', stats(0o100600, process.getuid!() + 1), false],
    ['none', undefined, false],
  ])('%s', (_what, found, is) => expect(isOurs(found, 'file')).toBe(is));
  test('a file is no folder', () => expect(isOurs(stats(0o100600), 'folder')).toBe(false));
});

const digest = '0123456789abcdef';
test.each<[string, string[] | undefined, string[], string[]]>([
  ['it is not known what there was', undefined, [], ['what the server had']],
  ['all are here', [`role a ${digest}`], [`role b ${digest}`, `role a ${digest}`], []],
  ['one is not', [`role a ${digest}`, `role b in a ${digest}`], [`role a ${digest}`], ['role b in a']],
  ['one is another', [`role a ${digest}`], ['role a 0000000000000000'], ['role a']],
])('globals: %s', (_what, then, now, other) => expect(otherGlobals(then, now)).toEqual(other));

test('a file is never taken whose files, variables or server were others; attributes are compared later', () => {
  const text = fc.string({ maxLength: 2 });
  const recipe = fc.record({ env: text, first: text, second: text, rest: text, owner: text });
  type Made = typeof recipe extends fc.Arbitrary<infer T> ? T : never;
  const recipeOf = ({ env, first, second, rest, owner }: Made): Recipe => ({
    sources: {
      contents: { 'env.py': env, '1.py': first, '2.py': second },
      ...{ early: ['env.py', '1.py', '2.py'], late: [] },
      revisions: [
        { id: '1', path: '1.py', after: [] },
        { id: '2', path: '2.py', after: ['1'] },
      ],
    },
    rest: { rest },
    attributes: { owner },
  });
  fc.assert(
    fc.property(recipe, recipe, (one, other) => {
      const mark = { ...MARK, label: keyOf(portable(recipeOf(one)), [])!, revisions: ['2'] };
      const found = bestOf([{ mark }], portable(recipeOf(other)));
      const same = (['env', 'first', 'second', 'rest'] as const).every((part) => one[part] === other[part]);
      expect(found !== undefined).toBe(same);
    }),
    { numRuns: 500 },
  );
});
