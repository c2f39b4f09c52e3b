import { expect, test } from 'vitest';
import { RefusedError } from '../../lib/errors.ts';
import { BlockedError, checkPolicy, waitSeconds } from '../../lib/guard/policy.ts';

const deed = {
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
  const blocked = checkPolicy('vm_prod', { protected: true }, false, undefined, deed);
  expect(blocked).toBeInstanceOf(BlockedError);
  expect(blocked).toBeInstanceOf(RefusedError);
  expect(blocked!.status).toBe(77);
  expect(blocked!.message).toBe(BANNER);
});

test('an exported FORCE is named, and does not count', () => {
  const blocked = checkPolicy('vm_prod', { protected: true }, false, '1', deed);
  const lines = blocked!.message.split('\n');
  expect(lines.slice(0, -3)).toEqual(BANNER.split('\n').slice(0, -1));
  expect(lines.slice(-3)).toEqual([
    '❌',
    '❌  FORCE=1 is exported in your shell; it counts only on the command line.',
    '❌'.repeat(32),
  ]);
});

test.each<[isProtected: boolean, force: boolean, exported: string | undefined, blocked: boolean]>([
  [true, false, undefined, true],
  [true, false, '1', true],
  [true, true, undefined, false],
  [true, true, '0', false],
  [false, false, undefined, false],
  [false, false, '1', false],
  [false, true, undefined, false],
])('protected %j, FORCE %j, exported %j: blocked is %j', (isProtected, force, exported, blocked) => {
  const found = checkPolicy('x', { protected: isProtected }, force, exported, deed);
  expect(found !== undefined).toBe(blocked);
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
