import fc from 'fast-check';
import { expect, test } from 'vitest';
import { beyond, common } from '../../lib/database/left-out.ts';

test.each<[wanted: string[], standing: string[], common: string[], beyond: string[]]>([
  [[], [], [], []],
  [['stg.*'], ['stg.*'], ['stg.*'], []],
  [['stg.raw'], ['stg.*'], ['stg.raw'], []],
  [['stg.*'], ['stg.raw'], ['stg.raw'], ['stg.*']],
  [['stg.*', 'public.cache_*'], ['public.cache_a'], ['public.cache_a'], ['stg.*', 'public.cache_*']],
  [['stg.*'], [], [], ['stg.*']],
  [[], ['stg.*'], [], []],
  [['*.b'], ['a.*'], [], ['*.b']],
  [['aXb.c'], ['a.b.c'], [], ['aXb.c']],
])('%j where %j stands', (wanted, standing, both, more) => {
  expect(common(wanted, standing)).toEqual(both);
  expect(beyond(wanted, standing)).toEqual(more);
});

const letters = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*', '_'), maxLength: 5 });
const patterns = fc.array(letters, { maxLength: 4 });
/** As the server compares them. */
const leavesOut = (all: readonly string[], place: string): boolean =>
  all.some((one) =>
    new RegExp(
      `^${one.replaceAll(/[.*_]/g, (sign) => (sign === '*' ? '.*' : `\\${sign}`).replace('\\_', '_'))}$`,
    ).test(place),
  );

test('never weaker than either, and settled after once', () => {
  const place = fc.string({ unit: fc.constantFrom('a', 'b', '.', '_'), maxLength: 6 });
  fc.assert(
    fc.property(patterns, patterns, place, (wanted, standing, one) => {
      const both = common(wanted, standing);
      if (leavesOut(both, one))
        expect([leavesOut(wanted, one), leavesOut(standing, one)]).toEqual([true, true]);
      expect(common(wanted, both)).toEqual(both);
      if (beyond(wanted, standing).length === 0 && leavesOut(wanted, one))
        expect(leavesOut(both, one)).toBe(true);
    }),
    { numRuns: 2000 },
  );
});
