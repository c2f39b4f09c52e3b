import { describe, expect, test } from 'vitest';
import type { Reached } from '../../lib/stack/alembic/reached.ts';
import { changedSince, hasChangedSince } from '../../lib/stack/alembic/refusal.ts';

const VERIFIED: Reached = {
  database: 'core',
  oid: '16384',
  systemIdentifier: '7412',
  marker: 'vm_stg',
  started: '100',
};
const RESTARTED: Reached = { ...VERIFIED, started: '200' };

describe('alembic reaches what looks like the verified database, on a server with another start', () => {
  test.each<[what: string, found: Reached, now: Reached | undefined, changed: boolean]>([
    ['the server was restarted', RESTARTED, RESTARTED, true],
    ['another one is the primary by now', RESTARTED, { ...VERIFIED, started: '300' }, true],
    ['no server answers any more', RESTARTED, undefined, true],
    ['ours is still there: alembic goes to a copy of it', RESTARTED, VERIFIED, false],
    ['another database', { ...RESTARTED, oid: '16385' }, RESTARTED, false],
    ['another cluster', { ...RESTARTED, systemIdentifier: '1' }, RESTARTED, false],
    ['another marker', { ...RESTARTED, marker: 'vm_prod' }, RESTARTED, false],
    ['another name', { ...RESTARTED, database: 'other' }, RESTARTED, false],
    ['a role that may not read the start', { ...VERIFIED, started: null }, undefined, true],
    ['the same server, refused for something else', VERIFIED, VERIFIED, false],
  ])('%s', (_what, found, now, changed) => {
    expect(hasChangedSince({ found }, VERIFIED, now)).toBe(changed);
  });

  test.each([
    [{ unreachable: 'x' }, VERIFIED],
    [{ unknown: 'x' }, VERIFIED],
    [{ found: RESTARTED }, null],
  ])('nothing to compare: %o', (refusal, expected) => {
    expect(hasChangedSince(refusal, expected, undefined)).toBe(false);
  });

  test('says so, and what was touched', () => {
    expect(changedSince(VERIFIED, 0).message).toBe(
      'the server of core was restarted after the look at it, or another one became the primary: nothing was touched',
    );
    expect(changedSince(VERIFIED, 2).message).toContain('nothing was touched there');
  });
});
