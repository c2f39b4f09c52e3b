import { describe, expect, test } from 'vitest';
import type { Allowable, HazardKind } from '../../lib/migrations/allow.ts';
import { decide } from '../../lib/rehearsal/al-up/preflight.ts';
import type { Fitting, Receipt } from '../../lib/migrations/receipt.ts';

const seen = (...kinds: HazardKind[]): Fitting => ({
  receipt: { hazards: kinds.map((kind) => ({ kind })) } as unknown as Receipt,
});
const none: Fitting = { receipt: undefined, why: 'it was not rehearsed' };
const UNKNOWN = 'what it will do to this database is not known: it was not rehearsed';

describe('whether a migration may run', () => {
  test.each<[string, Fitting, Allowable[], boolean, ReturnType<typeof decide>]>([
    ['no hazards', seen(), [], false, {}],
    ['no hazards, and a rehearsal is required', seen(), [], true, {}],
    ['not rehearsed', none, [], false, { warning: UNKNOWN }],
    ['not rehearsed, required', none, [], true, { refused: UNKNOWN, allow: ['unrehearsed'] }],
    ['not rehearsed, required and allowed', none, ['unrehearsed'], true, { warning: UNKNOWN }],
    [
      'a hazard that is not allowed',
      seen('long', 'deletes-data'),
      ['long'],
      false,
      { refused: 'not allowed: deletes-data', allow: ['deletes-data', 'long'] },
    ],
    ['all are allowed', seen('long', 'deletes-data'), ['deletes-data', 'long'], false, {}],
    [
      'more is allowed than there is',
      seen('long'),
      ['long', 'deletes-data'],
      false,
      { refused: 'ALLOW names what is not there: deletes-data', allow: ['long'] },
    ],
    [
      'it was rehearsed, and may do something else all the same',
      seen('long'),
      ['unrehearsed'],
      true,
      { refused: 'not allowed: long', allow: ['long', 'unrehearsed'] },
    ],
    ['the same, and all is allowed', seen('long'), ['long', 'unrehearsed'], true, {}],
    ['the same without hazards', seen(), ['unrehearsed'], false, {}],
  ])('%s', (_what, fitting, allowed, isRequired, verdict) => {
    expect(decide(fitting, allowed, isRequired)).toEqual(verdict);
  });
});
