import { expect, test } from 'vitest';
import { restoreFailure, serverMessage } from '../../lib/database/restore/restore-failure.ts';

test('of a long statement the first lines are shown', () => {
  const { message } = restoreFailure(
    'VIEW v',
    'no',
    Array.from({ length: 9 }, (_, n) => `line ${n}`).join('\n'),
  );
  expect(message).toBe('the restore stopped at VIEW v: no\nline 0\nline 1\nline 2\nline 3\nline 4\n…');
});

test('a right that is missing is explained, and what to type where it is meant', () => {
  expect(serverMessage(Object.assign(new Error('must be superuser'), { code: '42501' }))).toBe(
    'must be superuser\n(a file that is restored has rights in the new database only, unless ALLOW=uncaged is typed)',
  );
});
