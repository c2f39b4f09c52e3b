import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { choosePrimary, describeNodes, lagOf } from '../../lib/stack/server/primary.ts';
import { chooseStandby } from '../../lib/stack/server/standby.ts';
import type { NodeSeen } from '../../lib/stack/server/node.ts';

const state = (
  address: string,
  isStandby: boolean,
  timeline: number | null,
  more: object = {},
): NodeSeen => ({
  ...{ address, isStandby, timeline, systemIdentifier: '7', primary: null, replayed: 100, received: 100 },
  ...more,
});
const primary = (address: string, timeline: number | null = 1, more?: object): NodeSeen =>
  state(address, false, timeline, more);
const standby = (address: string, timeline: number | null = 1, more?: object): NodeSeen =>
  state(address, true, timeline, more);
const silent = (address: string, more: object = {}): NodeSeen => ({
  ...{ address, silent: 'waited 10 s for it to answer' },
  ...more,
});

describe('which server is the primary', () => {
  test.each<[what: string, seen: NodeSeen[], chosen: number | string]>([
    ['the one that says so', [standby('a'), primary('b'), standby('c')], 1],
    ['one alone', [primary('a')], 0],
    ['a standby is silent', [primary('a'), standby('b'), silent('c')], 0],
    ['a server that tells no timeline', [primary('a', null), standby('b', 4)], 0],
    ['two', [primary('a'), standby('b'), primary('c', 2)], 'there are 2 primaries: a and c'],
    ['none', [standby('a'), standby('b')], 'there is no primary'],
    [
      'another cluster among them',
      [primary('a'), standby('b', 1, { systemIdentifier: '8' })],
      'the hosts are not one cluster: their system identifiers differ',
    ],
    ['an identifier that nobody may read', [primary('a', 1, { systemIdentifier: null }), standby('b')], 0],
    [
      'a standby is ahead',
      [primary('a', 2), standby('b', 3)],
      'b follows timeline 3, and a is the primary of timeline 2 only',
    ],
    // A standby learns of its new timeline with the first record of it.
    ['a standby is behind', [primary('a', 3), standby('b', 2)], 0],
    [
      'most are silent',
      [primary('a'), silent('b'), silent('c')],
      '2 of 3 hosts do not answer, and another primary may be among them',
    ],
    ['half is silent', [primary('a'), silent('b')], 0],
    [
      'most are silent, and Patroni has a word',
      [primary('a', 1, { called: true }), silent('b', { called: false }), silent('c', { called: false })],
      0,
    ],
    ['Patroni agrees', [standby('a', 1, { called: false }), primary('b', 1, { called: true })], 1],
    [
      'Patroni calls none',
      [primary('a', 1, { called: false }), standby('b', 1, { called: false })],
      'a says that it is the primary, and its status URL does not agree: none says 200',
    ],
    [
      'Patroni calls another, which does not answer',
      [primary('a', 1, { called: false }), standby('b', 1, { called: false }), silent('c', { called: true })],
      'a says that it is the primary, and its status URL does not agree: 200 of c',
    ],
    [
      'Patroni calls two',
      [primary('a', 1, { called: true }), standby('b', 1, { called: true })],
      'a says that it is the primary, and its status URL does not agree: 200 of a and b',
    ],
  ])('%s', (_what, seen, chosen) => {
    expect(choosePrimary(seen)).toEqual(
      typeof chosen === 'number' ? { primary: chosen } : { unclear: chosen },
    );
  });

  const nodes = fc.array(
    fc.oneof(
      fc.record({ timeline: fc.option(fc.integer({ min: 1, max: 3 })), isStandby: fc.boolean() }),
      fc.constant('silent' as const),
    ),
    { minLength: 1, maxLength: 5 },
  );
  test('whatever is seen, it is the only one that says so, and nobody is ahead of it', () => {
    fc.assert(
      fc.property(nodes, (all) => {
        const seen = all.map((node, index) =>
          node === 'silent'
            ? silent(`n${index}`)
            : state(`n${index}`, node.isStandby, node.timeline, { called: undefined }),
        );
        const chosen = choosePrimary(seen);
        if ('unclear' in chosen) return;
        const answers = seen.flatMap((node) => ('silent' in node ? [] : [node]));
        expect(answers.filter(({ isStandby }) => !isStandby)).toEqual([seen[chosen.primary]]);
        const { timeline } = answers.find(({ isStandby }) => !isStandby)!;
        if (timeline !== null)
          for (const node of answers) expect(node.timeline ?? 0).toBeLessThanOrEqual(timeline);
      }),
    );
  });
});

test('a line for each says what it is', () => {
  const lagging = standby('b:5432', 3, { replayed: 100, received: 200 });
  expect(
    describeNodes([
      primary('a:5432', 3, { replayed: 16_100 }),
      lagging,
      standby('c:5432', null, { replayed: 16_200 }),
      standby('d:5432', null, { replayed: null }),
      silent('e:5432'),
    ]),
  ).toEqual([
    'a:5432 primary, timeline 3',
    'b:5432 standby, 16.0 kB behind',
    'c:5432 standby, nothing behind',
    'd:5432 standby',
    'e:5432 does not answer: waited 10 s for it to answer',
  ]);
});

test('without a primary, nobody knows how far a standby is behind', () => {
  const node = standby('a');
  expect('silent' in node ? 0 : lagOf(node, undefined)).toBe(null);
});

describe('which standby has replayed a position', () => {
  test.each<[what: string, seen: NodeSeen[], timeline: number | null, chosen: number | undefined]>([
    ['the first that has', [primary('a'), standby('b', 1, { replayed: 99 }), standby('c')], 1, 2],
    ['none has', [primary('a'), standby('b', 1, { replayed: 99 }), silent('c')], 1, undefined],
    ['the primary does not count', [primary('a')], 1, undefined],
    ['another timeline: the same position means nothing', [primary('a', 2), standby('b', 1)], 2, undefined],
    ['a timeline that it does not tell', [primary('a', 2), standby('b', null)], 2, undefined],
    ['a primary that tells none', [primary('a', null), standby('b', 1)], null, 1],
    ['a position that it does not tell', [primary('a'), standby('b', 1, { replayed: null })], 1, undefined],
  ])('%s', (_what, seen, timeline, chosen) => {
    expect(chooseStandby(seen, { timeline }, 100)).toBe(chosen);
  });
});
