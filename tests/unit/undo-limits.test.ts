import { describe, expect, test } from 'vitest';
import { isOutdated, toRemove, undoLimits, whyNotKept } from '../../lib/database/replace/undo-limits.ts';

const NOW = Date.parse('2026-11-30T12:00:00Z');
const HOUR = 3_600_000;

/** `hours` ago, with so many gigabytes. */
const old = (hours: number, gigabytes: number) => ({
  mark: {
    kind: 'kept' as const,
    of: 'core',
    what: 'reset' as const,
    since: new Date(NOW - hours * HOUR).toISOString(),
  },
  size: gigabytes * 1e9,
});

test.each([
  [{ protected: false }, { age: 24 * HOUR, bytes: 20e9 }],
  [
    { protected: false, undo: {} },
    { age: 24 * HOUR, bytes: 20e9 },
  ],
  [
    { protected: false, undo: { hours: 2 } },
    { age: 2 * HOUR, bytes: 20e9 },
  ],
  [
    { protected: false, undo: { gigabytes: 1 } },
    { age: 24 * HOUR, bytes: 1e9 },
  ],
  [{ protected: false, undo: false as const }, undefined],
  [{ protected: true }, { age: Infinity, bytes: Infinity }],
  [{ protected: 'never' as const }, { age: Infinity, bytes: Infinity }],
  [
    { protected: true, undo: false as const },
    { age: Infinity, bytes: Infinity },
  ],
  [
    { protected: true, undo: { hours: 48 } },
    { age: 48 * HOUR, bytes: 20e9 },
  ],
])('the limits of %j are %j', (entry, limits) => expect(undoLimits(entry)).toEqual(limits));

test.each([
  [{ protected: false }, 1e9, true],
  [{ protected: false }, 21e9, false],
  [{ protected: false, undo: false as const }, 1, false],
  [{ protected: true }, 1e15, true],
  [{ protected: true, undo: { gigabytes: 1 } }, 2e9, true],
])('of %j, an old database of %d bytes is kept: %s', (entry, size, kept) =>
  expect(whyNotKept(entry, size) === undefined).toBe(kept),
);

describe('what is removed', () => {
  test.each([
    ['nothing of what fits', {}, [old(1, 5), old(2, 5)], []],
    ['what is older than a day', {}, [old(1, 5), old(25, 5)], [1]],
    ['what does not fit, the oldest first', {}, [old(1, 5), old(2, 14), old(3, 5)], [2]],
    ['of a large one in the middle that one only', {}, [old(1, 5), old(2, 16), old(3, 5)], [1]],
    ['never the latest for its size', { gigabytes: 1 }, [old(1, 5), old(2, 1)], [1]],
    ['the latest, too, for its age', { hours: 1 }, [old(2, 1)], [0]],
  ])('%s', (_what, undo, kept, removed) =>
    expect(toRemove(kept, { protected: false, undo }, NOW)).toEqual(removed.map((at) => kept[at])),
  );

  test('nothing of a protected environment, unless its entry has limits', () => {
    const kept = [old(1, 500), old(9999, 500)];
    expect(toRemove(kept, { protected: true }, NOW)).toEqual([]);
    expect(toRemove(kept, { protected: true, undo: {} }, NOW)).toEqual([kept[1]]);
    expect(isOutdated(kept[1]!, { protected: true }, NOW)).toBe(false);
  });
});
