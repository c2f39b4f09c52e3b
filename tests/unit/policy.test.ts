import { expect, test } from 'vitest';
import { RefusedError } from '../../lib/errors.ts';
import { BlockedError } from '../../lib/guard/person/blocked.ts';
import { waitSeconds } from '../../lib/guard/decision.ts';
import { enforce } from '../../lib/guard/policy.ts';
import { thrownBy } from './support.ts';

const action = {
  what: 'DB reset',
  effect: 'destroy' as const,
  forced: 'make db-reset-volume-env ENV=vm_prod FORCE=1',
  backup: 'make backup ENV=vm_prod',
};
const BANNER = `
❌❌❌❌❌❌❌❌❌❌❌❌❌❌❌❌❌❌❌❌❌❌❌❌❌❌❌❌❌❌❌❌
❌  ERROR: DB reset on vm_prod is BLOCKED
❌
❌  This operation will DESTROY production database!
❌
❌  vm_prod is protected. If you are sure:
❌    1. take a backup:  make backup ENV=vm_prod
❌    2. then type:      make db-reset-volume-env ENV=vm_prod FORCE=1
❌❌❌❌❌❌❌❌❌❌❌❌❌❌❌❌❌❌❌❌❌❌❌❌❌❌❌❌❌❌❌❌`.trimStart();

test('the banner, to the letter', () => {
  const blocked = new BlockedError('vm_prod', action, undefined);
  expect(blocked).toBeInstanceOf(RefusedError);
  expect(blocked.status).toBe(77);
  expect(blocked.message).toBe(BANNER);
});

test('an exported FORCE is named, and does not count', () => {
  const lines = new BlockedError('vm_prod', action, 'FORCE=1 is exported in your shell').message.split('\n');
  expect(lines.slice(0, -3)).toEqual(BANNER.split('\n').slice(0, -1));
  expect(lines.slice(-3)).toEqual([
    '❌',
    '❌  FORCE=1 is exported in your shell; it counts only on the command line.',
    '❌'.repeat(32),
  ]);
});

test.each([
  [true, 0, 5],
  [true, 4, 5],
  [true, 5, 5],
  [true, 60, 60],
  [false, 0, 0],
  [false, 3, 3],
  [false, 5, 5],
])('protected %j, WAIT=%d: %d s', (isProtected, asked, seconds) => {
  expect(waitSeconds({ protected: isProtected }, asked)).toBe(seconds);
});

const checks = [
  {
    name: 'it is even',
    refuses: (n: number) => (n % 2 ? { reason: `${n} is odd`, remedy: 'add 1' } : undefined),
  },
  {
    name: 'it is small',
    refuses: (n: number) => (n > 9 ? { reason: `${n} is large`, remedy: 'divide' } : undefined),
  },
];

test('what passes is told by the names of the checks', () => {
  expect(enforce(checks, 4)).toEqual(['it is even', 'it is small']);
});

test.each([
  [3, '3 is odd', 'add 1'],
  [10, '10 is large', 'divide'],
  [11, '11 is odd\n11 is large', 'add 1\ndivide'],
])('%d is refused with all reasons and remedies at once', (n, reasons, hint) => {
  const refused = thrownBy(() => enforce(checks, n));
  expect(refused).toBeInstanceOf(RefusedError);
  expect(refused.status).toBe(77);
  expect(refused.message).toBe(`refused; nothing was touched\n${reasons}`);
  expect(refused.hint).toBe(hint);
});
