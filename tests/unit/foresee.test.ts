import { describe, expect, test } from 'vitest';
import type { Allowable, HazardKind } from '../../lib/migrations/allow.ts';
import { decide } from '../../lib/rehearsal/al-up/preflight.ts';
import type { Receipt } from '../../lib/migrations/receipt.ts';
import type { Known } from '../../lib/rehearsal/know.ts';

const receipt = (kinds: readonly HazardKind[]): Receipt =>
  ({ hazards: kinds.map((kind) => ({ kind })) }) as unknown as Receipt;
const seen = (...kinds: HazardKind[]): Known => ({ by: 'rehearsal', receipt: receipt(kinds) });
const why = 'it was not rehearsed';
const tried = (...kinds: HazardKind[]): Known => ({ by: 'schema', receipt: receipt(kinds), why });
const none: Known = { by: 'nothing', why };
const UNKNOWN = 'what it will do to this database is not known: it was not rehearsed';
const ROWS = 'what it does to rows, and how long it takes, is not known: it was not rehearsed';

describe('whether a migration may run', () => {
  test.each<[string, Known, Allowable[], boolean, ReturnType<typeof decide>]>([
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
    ['tried on the schema, and nothing seen', tried(), [], false, { warning: ROWS }],
    [
      'tried on the schema, and a hazard seen',
      tried('deletes-data'),
      [],
      false,
      { refused: 'not allowed: deletes-data', allow: ['deletes-data'] },
    ],
    ['the same, allowed', tried('deletes-data'), ['deletes-data'], false, { warning: ROWS }],
    [
      'tried on the schema, and more is allowed than was seen',
      tried('deletes-data'),
      ['deletes-data', 'long'],
      false,
      { warning: ROWS, unused: ['long'] },
    ],
    [
      'tried on the schema, and a rehearsal is required',
      tried('irreversible'),
      ['irreversible'],
      true,
      { refused: ROWS, allow: ['irreversible', 'unrehearsed'] },
    ],
    ['nothing known, and something allowed', none, ['long'], false, { warning: UNKNOWN, unused: ['long'] }],
    ['the same, and all is allowed', seen('long'), ['long', 'unrehearsed'], true, {}],
    ['the same without hazards', seen(), ['unrehearsed'], false, {}],
  ])('%s', (_what, known, allowed, isRequired, verdict) => {
    expect(decide(known, allowed, isRequired)).toEqual(verdict);
  });
});
