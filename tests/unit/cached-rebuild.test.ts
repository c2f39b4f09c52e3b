import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seedOf } from '../../lib/db-rebuild/seed.ts';
import { surplus } from '../../lib/database/saves/surplus.ts';
import { bestOf, keyOf, lacking, type Recipe } from '../../lib/db-rebuild/cache/fit.ts';
import { madeName, stateOf, type Mark } from '../../lib/database/replace/names.ts';

/** A chain of revisions, each with a file of its own, beside env.py and a file that a revision reads. */
const recipe = (ids: readonly string[], changed: Readonly<Record<string, string>> = {}): Recipe => {
  const revisions = ids.map((id, at) => ({ id, path: `versions/${id}.py`, after: ids.slice(at - 1, at) }));
  const early = ['alembic.ini', 'env.py', ...revisions.map(({ path }) => path)];
  const contents = Object.fromEntries([...early, 'data.sql'].map((path) => [path, `sha of ${path}`]));
  return { sources: { contents: { ...contents, ...changed }, early, late: [], revisions }, rest: { v: 1 } };
};
const madeOf = (of: Recipe, at: string): Mark => ({
  ...{ kind: 'made', of: 'core', what: 'rebuild', since: '2026-11-29T14:03:00Z' },
  ...{ label: keyOf(of, ['data.sql'])!, revisions: [at], late: ['data.sql'] },
});
const THREE = recipe(['a', 'b', 'c']);
const MADE = madeOf(THREE, 'c');

describe('what a made database lacks', () => {
  test.each<[string, Recipe, readonly string[] | undefined]>([
    ['nothing changed', THREE, []],
    ['a revision behind it', recipe(['a', 'b', 'c', 'd']), ['d']],
    ['a revision of before', recipe(['a', 'b', 'c'], { 'versions/a.py': 'x' }), undefined],
    ['env.py', recipe(['a', 'b', 'c'], { 'env.py': 'x' }), undefined],
    ['a file that a revision reads', recipe(['a', 'b', 'c'], { 'data.sql': 'x' }), undefined],
    ['the server', { ...THREE, rest: { v: 2 } }, undefined],
    ['a revision is gone', recipe(['a', 'b']), undefined],
    [
      'a revision is changed, and one is behind it',
      recipe(['a', 'b', 'c', 'd'], { 'versions/b.py': 'x' }),
      undefined,
    ],
    ['other revisions', recipe(['x', 'y']), undefined],
  ])('%s', (_what, now, lacks) => expect(lacking(MADE, now)).toEqual(lacks));

  test('a file that nobody could read is no reason to take it', () => {
    const { sources, rest } = THREE;
    const now = { sources: { ...sources, contents: { ...sources.contents, 'env.py': null } }, rest };
    expect(keyOf(now, ['data.sql'])).toBeUndefined();
    expect(lacking(MADE, now)).toBeUndefined();
  });

  test('a new revision that does not come behind all that were run makes it anew', () => {
    const { sources, rest } = recipe(['a', 'b', 'c']);
    const branch = { id: 'd', path: 'versions/d.py', after: ['b'] };
    const contents = { ...sources.contents, 'versions/d.py': 'sha' };
    const early = [...sources.early, branch.path];
    const revisions = [...sources.revisions, branch];
    expect(lacking(MADE, { sources: { ...sources, contents, early, revisions }, rest })).toBeUndefined();
  });

  test('a new file that is no revision makes it anew', () => {
    const { sources, rest } = recipe(['a', 'b', 'c', 'd']);
    const now = {
      sources: {
        ...sources,
        early: [...sources.early, 'model.py'],
        contents: { ...sources.contents, 'model.py': 'x' },
      },
      rest,
    };
    expect(lacking(MADE, now)).toBeUndefined();
  });

  test('the one that lacks least is taken, and of equal ones the latest', () => {
    const five = recipe(['a', 'b', 'c', 'd', 'e']);
    const four = { mark: madeOf(recipe(['a', 'b', 'c', 'd']), 'd') };
    const later = { mark: { ...four.mark } };
    expect(bestOf([{ mark: MADE }, later, four], five)).toMatchObject({ lacks: ['e'] });
    expect(bestOf([{ mark: MADE }, later, four], five)?.made).toBe(later);
  });

  const seeded = (mark: Mark, seed: string): Mark => ({ ...mark, seed });
  test.each<[string, Mark[], string | undefined, number | undefined]>([
    ['the one with the same seed', [MADE, seeded(MADE, 's')], 's', 1],
    ['of another seed, the one without', [seeded(MADE, 's'), MADE], 't', 1],
    ['no seed is asked for', [seeded(MADE, 's'), MADE], undefined, 1],
    ['nothing without a seed is there', [seeded(MADE, 's')], 't', undefined],
    ['no seed is asked for, and nothing without one is there', [seeded(MADE, 's')], undefined, undefined],
    ['it is not there with the seed yet', [MADE], 's', 0],
  ])('%s', (_what, marks, seed, at) =>
    expect(
      bestOf(
        marks.map((mark) => ({ mark })),
        { ...THREE, seed },
      )?.made.mark,
    ).toBe(at === undefined ? undefined : marks[at]),
  );

  test('a revision that has come behind a seed runs before it', () => {
    const four = { ...recipe(['a', 'b', 'c', 'd']), seed: 's' };
    expect(lacking(seeded(MADE, 's'), four)).toBeUndefined();
    expect(lacking(MADE, four)).toEqual(['d']);
  });

  test('states with and without a seed, and of two seeds, are others', () => {
    const all = [MADE, seeded(MADE, 's'), seeded(MADE, 't'), seeded({ ...MADE, label: 'x'.repeat(32) }, 's')];
    expect(new Set(all.map(stateOf)).size).toBe(all.length);
    expect(new Set(all.map((mark) => madeName('core', mark))).size).toBe(all.length);
    expect(stateOf(MADE)).toBe(MADE.label);
    expect(stateOf(seeded(MADE, 's'))).toBe(stateOf(seeded(MADE, 's')));
  });

  test('whatever file or value is another one, the key is another one', () => {
    const files = fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(files, fc.nat(), fc.string(), (paths, at, text) => {
        const of = (contents: Record<string, string>, rest: object): Recipe => ({
          sources: { contents, early: paths, late: [], revisions: [] },
          rest,
        });
        const contents = Object.fromEntries(paths.map((path) => [path, 'sha']));
        const edited = { ...contents, [paths[at % paths.length]!]: `sha ${text}` };
        const key = keyOf(of(contents, {}), []);
        expect(keyOf(of({ ...contents }, {}), [])).toBe(key);
        expect(keyOf(of(edited, {}), [])).not.toBe(key);
        expect(keyOf(of(contents, { text }), [])).not.toBe(key);
      }),
    );
  });
});

describe('the seed that a rebuild runs', () => {
  const FILE = 'scripts/db/seed.sql';
  type Given = Parameters<typeof seedOf>[0];
  test.each<[string, boolean | 'never', boolean, string | undefined, string | undefined]>([
    ['that of the registry', false, true, FILE, FILE],
    ['SEED=0', false, false, FILE, undefined],
    ['the registry has none', false, true, undefined, undefined],
    ['where it is protected', true, true, FILE, undefined],
    ['where it is protected for ever', 'never', true, FILE, undefined],
  ])('%s', (_what, isProtected, SEED, seed, expected) => {
    const environment = { entry: { protected: isProtected }, names: { seed } };
    expect(seedOf({ values: { SEED }, environment } as unknown as Given)).toBe(expected);
  });
});

describe('what is removed', () => {
  const DAY = 86_400_000;
  const NOW = Date.parse('2026-11-29T14:00:00Z');
  const made = (label: string, days: number, size = 1): { mark: Mark; size: number } => ({
    mark: { ...MADE, label, since: new Date(NOW - days * DAY).toISOString() },
    size,
  });
  const room = { bytes: 100, age: Infinity, saved: 0, current: { label: 'a' }, now: NOW };
  const seeded = (label: string, seed: string): ReturnType<typeof made> => {
    const { mark, size } = made(label, 1);
    return { mark: { ...mark, seed }, size };
  };

  test.each<[string, ReturnType<typeof made>[], Partial<typeof room>, string[]]>([
    ['nothing', [made('a', 1), made('a', 1), made('b', 2)], {}, []],
    ['what is a week old, in use or not', [made('a', 8), made('b', 8), made('c', 6)], {}, ['a', 'b']],
    ['what the registry calls old', [made('a', 1), made('b', 3)], { age: 2 * DAY }, ['b']],
    ['the fifth key', ['a', 'b', 'c', 'd', 'e'].map((key) => made(key, 1)), {}, ['e']],
    ['the fifth key, but never that in use', ['b', 'c', 'd', 'e', 'a'].map((key) => made(key, 1)), {}, ['e']],
    [
      'none with a seed beside four without one',
      [...['a', 'b', 'c', 'd'].map((key) => made(key, 1)), seeded('a', 's'), seeded('b', 's')],
      {},
      [],
    ],
    [
      'the fifth seed of one key',
      [...['v', 'w', 'x', 'y', 'z'].map((seed) => seeded('b', seed)), made('b', 1)],
      {},
      ['b'],
    ],
    ['what has no room', [made('b', 1, 60), made('a', 2, 60)], {}, ['b']],
    ['what has no room beside the saved copies', [made('a', 1, 60)], { saved: 50 }, ['a']],
  ])('%s', (_what, all, given, gone) =>
    expect(surplus(all, { ...room, ...given }).map(({ mark }) => mark.label)).toEqual(gone),
  );
});
