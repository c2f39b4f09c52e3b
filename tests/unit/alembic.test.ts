import { expect, test } from 'vitest';
import { revisionId } from '../../lib/migrations/make-revision.ts';

test.each([
  [new Date(2025, 11, 11, 14, 0, 0, 0), '20251211_140000000'],
  [new Date(2026, 0, 2, 3, 4, 5, 6), '20260102_030405006'],
  [new Date(2026, 8, 30, 23, 59, 59, 999), '20260930_235959999'],
])('%s: %s', (time, id) => {
  expect(revisionId(time)).toBe(id);
});

test('the ids sort as the times do', () => {
  const times = [0, 999, 1000, 60_000, 3_600_000, 86_400_000, 31 * 86_400_000].map(
    (after) => Date.UTC(2026, 0, 31) + after,
  );
  const ids = times.map((time) => revisionId(new Date(time)));
  expect(ids.toSorted()).toEqual(ids);
  expect(new Set(ids).size).toBe(ids.length);
});
