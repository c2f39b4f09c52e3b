import { expect, test } from 'vitest';
import { describeKept, describeUndo } from '../../lib/guard/person/describe-undo.ts';
import { contents, entry } from './guard-facts.ts';

const yes = (): boolean => true;
const DAY = /^what is replaced is kept until \d{4}-\d\d-\d\d \d\d:\d\d$/;

test.each<
  [
    what: string,
    facts: Partial<Parameters<typeof describeUndo>[0]>,
    task: Parameters<typeof describeUndo>[1],
    said: RegExp | undefined,
  ]
>([
  ['an exchange: for a day', {}, { exchanges: yes }, DAY],
  [
    'where it is protected: until a person removes it',
    { entry: { ...entry, protected: true } },
    { exchanges: yes },
    /^what is replaced is kept until a person removes it$/,
  ],
  [
    'where the registry keeps none: nothing',
    { entry: { ...entry, undo: false } },
    { exchanges: yes },
    /^none: `undo` is false/,
  ],
  [
    'larger than the registry allows: nothing',
    { entry: { ...entry, undo: { gigabytes: 0.001 } } },
    { exchanges: yes },
    /^none: 48\.2 MB are more than the 1\.0 MB of `undo`/,
  ],
  [
    'a task that always keeps: also there',
    { entry: { ...entry, undo: false } },
    { exchanges: () => 'always' },
    /^what is replaced is kept$/,
  ],
  ['a size that nobody knows: no promise', { contents: undefined }, { exchanges: yes }, undefined],
  ['a task that exchanges nothing', {}, { exchanges: () => false }, undefined],
  ['a task that is no danger', {}, undefined, undefined],
  [
    'what removes the volumes: nothing, and how to have something',
    {},
    { removesStorage: yes },
    /^none: all old databases are removed as well; KEEP=1 takes a verified backup first$/,
  ],
  [
    'the same with KEEP=1',
    {},
    { removesStorage: yes, backupFirst: yes },
    /^none: all old databases are removed as well$/,
  ],
])('%s', (_what, facts, task, said) => {
  const found = describeUndo({ entry, contents, ...facts }, task, {});
  expect(found ?? 'nothing').toMatch(said ?? /^nothing$/);
});

test('what is there already, a line each', () => {
  const since = '2026-11-23T14:03:00.000Z';
  const kept = [
    { name: 'core__old_20261123_140300', mark: { kind: 'kept', of: 'core', what: 'reset', since } },
  ] as const;
  expect(describeKept({ entry, kept })).toEqual([
    expect.stringMatching(
      /^core__old_20261123_140300, from before a reset of 2026-11-\d\d \d\d:\d\d, kept until 2026-11-\d\d \d\d:\d\d$/,
    ),
  ]);
});
