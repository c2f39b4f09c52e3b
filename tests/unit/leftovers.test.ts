import { describe, expect, test } from 'vitest';
import {
  CREATED_BY_US,
  INVALID,
  formerName,
  keptName,
  newName,
  readMark,
  writeMark,
  type Mark,
} from '../../lib/database/replace/names.ts';
import {
  describeLeftovers,
  localTime,
  recognise,
  type DatabaseRow,
} from '../../lib/database/replace/leftovers.ts';

const SINCE = '2026-11-23T14:03:00.000Z';
const mark = (kind: Mark['kind'], changes: Partial<Mark> = {}): string =>
  writeMark(null, { kind, of: 'core', what: 'reset', since: SINCE, ...changes });
const row = (name: string, changes: Partial<DatabaseRow> = {}): DatabaseRow => ({
  ...{ oid: name, name, open: true, connectionLimit: -1, isTemplate: false, comment: null },
  ...changes,
});
const KEPT = 'core__old_20261123_140300';

describe('the mark in a comment', () => {
  const given: Mark = { kind: 'kept', of: 'a "b"\nc', what: 'restore', since: SINCE, template: true };

  test.each([null, 'mine', 'two\nlines', 'makesafe.environment=vm_prod'])('keeps %j', (comment) => {
    expect(readMark(writeMark(comment, given))).toEqual({ mark: given, comment });
  });

  test('stands in front, because the marker of the environment stands at the end', () => {
    expect(writeMark('mine\nmakesafe.environment=vm_prod', given)).toMatch(
      /\nmakesafe\.environment=vm_prod$/,
    );
  });

  test.each([null, 'mine', 'makesafe.environment=x', 'makesafe.aside={broken', 'x\nmakesafe.aside={}'])(
    'there is none in %j',
    (comment) => {
      expect(readMark(comment)).toEqual({ mark: undefined, comment });
    },
  );
});

describe('ours', () => {
  const present = row('core');

  test.each<[what: string, rows: DatabaseRow[], expected: object]>([
    ['nothing beside it', [present, row('postgres')], {}],
    ['half made', [row('core__new', { comment: mark('new') })], { unfinished: 'core__new' }],
    [
      'made, and not marked yet',
      [row('core__new', { open: false, connectionLimit: CREATED_BY_US })],
      { unfinished: 'core__new' },
    ],
    [
      'half removed before it was marked',
      [row('core__new', { open: false, connectionLimit: INVALID })],
      { unfinished: 'core__new' },
    ],
    ['swapped out', [row('core__old', { open: false, comment: mark('former') })], { former: 'core__old' }],
    ['kept', [row(KEPT, { open: false, comment: mark('kept') })], { kept: [KEPT] }],
    [
      'kept twice, the latest first',
      [
        row('core__old_20250101_000000', { comment: mark('kept', { since: '2025-01-01T00:00:00.000Z' }) }),
        row(KEPT, { comment: mark('kept') }),
      ],
      { kept: [KEPT, 'core__old_20250101_000000'] },
    ],
  ])('%s', (_what, rows, expected) => {
    const { closed, unfinished, former, kept, foreign } = recognise('core', [present, ...rows]);
    expect({ closed, unfinished: unfinished?.name, former: former?.name, foreign }).toEqual({
      ...{ closed: undefined, unfinished: undefined, former: undefined, foreign: [] },
      ...expected,
      ...('kept' in expected ? { kept: undefined } : {}),
    });
    expect(kept.map(({ name }) => name)).toEqual('kept' in expected ? expected.kept : []);
  });

  test('closed by a run that was killed', () => {
    const closed = row('core', { open: false, comment: mark('closed') });
    expect(recognise('core', [closed]).closed?.name).toBe('core');
    // An administrator has opened it meanwhile.
    expect(recognise('core', [{ ...closed, open: true }]).closed).toBeUndefined();
    expect(recognise('core', [row('core', { open: false })]).closed).toBeUndefined();
  });
});

describe("somebody else's", () => {
  test.each<[what: string, row: DatabaseRow]>([
    ['open', row('core__new')],
    ['closed', row('core__old', { open: false })],
    [
      'with a comment of its own',
      row('core__new', { open: false, connectionLimit: CREATED_BY_US, comment: 'x' }),
    ],
    ['invalid, with a comment', row('core__old', { connectionLimit: INVALID, comment: 'x' })],
    ['beside another database', row('core__new', { comment: mark('new', { of: 'core2' }) })],
    ['with a mark for another place', row('core__old', { comment: mark('new') })],
  ])('%s', (_what, theirs) => {
    const { unfinished, former, kept, foreign } = recognise('core', [row('core'), theirs]);
    expect({ unfinished, former, kept }).toEqual({ unfinished: undefined, former: undefined, kept: [] });
    expect(foreign).toEqual([theirs]);
  });

  test.each([
    row('core__old_20261123_140300'),
    row('core__old_20261123_140301', { comment: mark('kept') }),
    row('other', { comment: mark('kept') }),
    row('core__old_backup', { open: false }),
  ])('$name is none of ours and in nobody’s way', (theirs) => {
    const { kept, foreign } = recognise('core', [row('core'), theirs]);
    expect({ kept, foreign }).toEqual({ kept: [], foreign: [] });
  });

  test('a long name that is cut to the same beginning', () => {
    const [one, two] = [`${'x'.repeat(60)}one`, `${'x'.repeat(60)}two`];
    expect(newName(one)).toBe(newName(two));
    const theirs = row(newName(one), { comment: mark('new', { of: two }) });
    expect(recognise(one, [row(one), row(two), theirs]).foreign).toEqual([theirs]);
  });
});

test('names are of at most 63 bytes and differ from each other', () => {
  for (const name of ['core', 'あ'.repeat(21), 'x'.repeat(63)]) {
    const names = [name, newName(name), formerName(name), keptName(name, new Date(SINCE))];
    expect(new Set(names).size).toBe(4);
    for (const one of names) expect(Buffer.byteLength(one)).toBeLessThanOrEqual(63);
  }
  expect(keptName('core', new Date(SINCE))).toBe(KEPT);
});

describe('what is said of it', () => {
  const time = localTime(SINCE);
  const said = (...rows: DatabaseRow[]): string[] => describeLeftovers('core', recognise('core', rows));

  test.each<[rows: DatabaseRow[], expected: string[]]>([
    [[row('core')], []],
    [
      [row('core'), row('core__new', { comment: mark('new', { what: 'restore' }) })],
      [`a restore of ${time} was interrupted before the swap: the old database core is in place and in use`],
    ],
    [
      [row('core', { open: false, comment: mark('closed') }), row('core__new', { comment: mark('new') })],
      [
        `a reset of ${time} was interrupted before the swap: the old database core is in place, closed to applications`,
      ],
    ],
    [
      [row('core'), row('core__old', { comment: mark('former') })],
      [
        `a reset of ${time} was interrupted after the swap: the new database core is in use, ` +
          'and the old one is still there as core__old',
      ],
    ],
    [
      [row('core'), row('core__new', { open: false, connectionLimit: CREATED_BY_US })],
      ['a run was interrupted before the swap: the old database core is in place and in use'],
    ],
  ])('%#', (rows, expected) => {
    expect(said(...rows)).toEqual(expected);
  });

  test('the time alone of the same day, else with the date', () => {
    const noon = new Date(2026, 10, 23, 12, 5);
    expect(localTime(noon.toISOString(), new Date(2026, 10, 23, 23))).toBe('12:05');
    expect(localTime(noon.toISOString(), new Date(2026, 10, 24, 1))).toBe('2026-11-23 12:05');
  });
});
