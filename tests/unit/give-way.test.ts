import { describe, expect, test } from 'vitest';
import { decide, othersWait, type Decision } from '../../lib/migrations/give-way.ts';
import { howToStop } from '../../lib/stack/alembic/give-way.ts';
import type { ServerSession } from '../../lib/stack/postgres/lock-wait.ts';

const reader: ServerSession = {
  ...{ pid: 4711, user: 'taro', application: 'psql', state: 'idle in transaction', age: 95 },
  statement: 'SELECT 1',
};
const whole = { revision: 'b', done: [], autocommit: false, transactional: true, block: false };

describe('a migration that was stopped', () => {
  test.each<[string, Parameters<typeof decide>, Decision]>([
    ['is begun again', [1, 2, { behind: [reader] }, whole, 'head'], { again: 2 }],
    ['later each time', [4, 2, { behind: [reader] }, whole, 'head'], { again: 16 }],
    ['not for ever', [5, 2, { behind: [reader] }, whole, 'head'], { because: 'tries' }],
    ['not where nobody was in its way', [1, 2, { behind: [] }, whole, 'head'], { because: 'own work' }],
    [
      'not where each statement counts at once',
      [1, 2, { behind: [reader] }, { ...whole, transactional: false }, 'head'],
      { because: 'counts already' },
    ],
    [
      'nor in autocommit',
      [1, 2, { behind: [reader] }, { ...whole, autocommit: true }, 'head'],
      { because: 'counts already' },
    ],
    [
      'nor behind a block of its own that was committed',
      [1, 2, { behind: [reader] }, { ...whole, block: true }, 'head'],
      { because: 'counts already' },
    ],
    [
      'not where env.py took the error',
      [1, 2, { behind: [reader] }, undefined, 'head'],
      { because: 'unknown' },
    ],
    ['one step down, of which none was done', [1, 2, { behind: [reader] }, whole, '-1'], { again: 2 }],
    [
      'not two steps down, of which one was done',
      [1, 2, { behind: [reader] }, { ...whole, done: ['c'] }, '-2'],
      { because: 'relative' },
    ],
    [
      'to a name, of which one was done',
      [1, 2, { behind: [reader] }, { ...whole, done: ['a'] }, 'b'],
      { again: 2 },
    ],
  ])('%s', (_what, given, decision) => {
    expect(decide(...given)).toEqual(decision);
  });
});

test.each([
  [{ protected: true }, 2],
  [{ protected: false }, undefined],
  [{ protected: true, othersWait: 0.5 }, 0.5],
  [{ protected: false, othersWait: 5 }, 5],
  [{ protected: true, othersWait: false as const }, undefined],
])('others wait for one of %j: %s s', (entry, seconds) => {
  expect(othersWait(entry)).toBe(seconds);
});

test.each([
  ['active', 0, 'pg_cancel_backend'],
  ['active', 9_999, 'pg_cancel_backend'],
  // Between two statements: the next look finds it at one.
  ['idle in transaction', 20, undefined],
  // The server cannot cancel a session that executes nothing.
  ['idle in transaction', 501, 'pg_terminate_backend'],
  ['idle in transaction (aborted)', 501, 'pg_terminate_backend'],
  // Another role's, which ours may not see.
  [null, null, 'pg_cancel_backend'],
])('a session %s for %s ms is stopped by %s', (state, since, how) => {
  expect(howToStop(state, since)).toBe(how);
});
