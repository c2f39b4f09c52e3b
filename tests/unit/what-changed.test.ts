import { describe, expect, it } from 'vitest';
import type { DatabaseAttributes } from '../../lib/database/attributes.ts';
import { isLost } from '../../lib/errors.ts';
import { attributesChanged } from '../../lib/database/restore/home.ts';
import {
  FailedError,
  RefusedError,
  StandbyError,
  UnclearPrimaryError,
  UnreachableError,
} from '../../lib/errors.ts';

describe('attributes of a database that a restore changes', () => {
  const now: DatabaseAttributes = {
    ...{ oid: '1', owner: 'app', encoding: 'UTF8', collate: 'C', ctype: 'C', provider: 'c', locale: null },
    ...{ icuRules: null, tablespace: 'pg_default', connectionLimit: -1, isTemplate: false, privileges: null },
    ...{ comment: null, settings: [] },
  };

  const cases: readonly (readonly [Partial<DatabaseAttributes>, readonly string[]])[] = [
    [{}, []],
    [{ oid: '2' }, []],
    [{ provider: 'i', locale: 'de-DE' }, ['provider c → i', 'locale null → de-DE']],
    [{ icuRules: '&a < b' }, ['icuRules null → &a < b']],
    [{ isTemplate: true, connectionLimit: 3 }, ['connectionLimit -1 → 3', 'isTemplate false → true']],
    [{ comment: 'x', settings: [{ role: null, name: 'a.b', value: '1' }] }, ['settings', 'comment']],
  ];
  it.each(cases)('%o', (then, said) => {
    expect(attributesChanged(now, { ...now, ...then })).toEqual(said);
  });
});

describe('whether the server is gone', () => {
  const cases: readonly (readonly [unknown, boolean])[] = [
    [new UnreachableError('gone'), true],
    [new FailedError('a statement failed'), false],
    [new FailedError('closed', { cause: Object.assign(new Error('x'), { code: '57P01' }) }), true],
    [new FailedError('wrong', { cause: Object.assign(new Error('x'), { code: '42P01' }) }), false],
    [Object.assign(new Error('x'), { code: 'ECONNRESET' }), true],
    [undefined, false],
    // While another server becomes the primary.
    [new StandbyError('the server is a standby'), true],
    [new UnclearPrimaryError('there is no primary'), true],
    [Object.assign(new Error('cannot execute UPDATE in a read-only transaction'), { code: '25006' }), true],
    [new RefusedError('another reset is under way'), false],
    // A restore says at which statement, and why below.
    [
      new FailedError('backed up', {
        cause: new FailedError('COPY', { cause: new UnreachableError('gone') }),
      }),
      true,
    ],
    ...['57P01', '57P02', '57P03', '08000', '08003', '08006', '08001', '08004', '08P01'].map(
      (code) => [Object.assign(new Error('gone'), { code }), true] as const,
    ),
    // Of a pooler: what it says of the way, and what it says of who comes.
    ...(
      [
        ['server_login_retry', true],
        ['server conn crashed?', true],
        ['query_wait_timeout', true],
        ['no such user: app', false],
        ['SASL authentication failed', false],
        ['FATAL: password authentication failed for user "app"', false],
        ['database "core" does not exist', false],
        ['unsupported startup parameter: options', false],
      ] as const
    ).map(([message, lost]) => [Object.assign(new Error(message), { code: '08P01' }), lost] as const),
    ...['42501', '57014', '23505', '55P03', '40001', '28P01'].map(
      (code) => [Object.assign(new Error('a statement failed'), { code }), false] as const,
    ),
    // The disk is no server.
    [Object.assign(new Error('no space left on device'), { code: 'ENOSPC' }), false],
  ];
  it.each(cases)('%o: %o', (error, lost) => {
    expect(isLost(error)).toBe(lost);
  });
});
