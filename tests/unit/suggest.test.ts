import { expect, test } from 'vitest';
import { nearest } from '../../lib/output/suggest.ts';

test.each<[typed: string, candidates: string[], expected: string | undefined]>([
  ['up', ['up', 'ups'], 'up'],
  ['db-reset-volume', ['db-reset-db-env', 'db-reset-volume-env'], 'db-reset-volume-env'],
  ['db_reset_db_env', ['db-reset-db-env'], 'db-reset-db-env'],
  ['UP', ['down', 'up'], 'up'],
  ['ｄｏｗｎ', ['down', 'up'], 'down'],
  ['　down ', ['down', 'up'], 'down'],
  ['dwon', ['down', 'up'], undefined],
  ['dow', ['down', 'up'], 'down'],
  ['restrat', ['restart', 'rebuild'], 'restart'],
  ['something', ['restart', 'rebuild'], undefined],
  ['x', [], undefined],
])('%j among %j is %j', (typed, candidates, expected) => {
  expect(nearest(typed, candidates)).toBe(expected);
});

test('of equally near ones the first', () => {
  expect(nearest('al-xx', ['al-up', 'al-down'])).toBeUndefined();
  expect(nearest('cat', ['bat', 'rat'])).toBe('bat');
});
