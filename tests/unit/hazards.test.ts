import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HAZARDS } from '../../lib/migrations/allow.ts';
import { hazardsOf, type Limits } from '../../lib/migrations/hazards.ts';
import {
  watchedOf,
  type HeldLock,
  type Watched,
  type WatchedStatement,
  type WatchReport,
} from '../../lib/stack/alembic/watch.ts';

const LIMITS: Limits = { blocks: 500, long: 60_000 };

const statement = (more: Partial<WatchedStatement> = {}): WatchedStatement => ({
  ...{ revision: '0002', number: 1, sha256: 'x', verb: 'ALTER TABLE', ms: 2, rows: null, wal: 100 },
  ...{ together: true, locks: [], rewritten: [], dropped: [], retyped: [], changed: [] },
  ...more,
});

const lock = (more: Partial<HeldLock> = {}): HeldLock => ({
  ...{ relation: 'mart.items', relationKind: 'r', mode: 'AccessExclusiveLock', existed: true },
  ...{ revision: '0002', number: 1, ms: 3, how: 'commit' },
  ...more,
});

const watched = (more: Partial<Watched> = {}): Watched => ({
  revisions: [{ revision: '0002', way: 'up', file: '0002.py', sha256: 'y', downgrade: 'there' }],
  ...{
    statements: [statement()],
    held: [],
    emptied: [],
    rows: { before: {}, after: {} },
    lost: [],
    by: null,
  },
  ...more,
});

const withStatement = (more: Partial<WatchedStatement>): Watched =>
  watched({ statements: [statement(more)] });
const withDowngrade = (downgrade: 'none' | 'empty' | 'raises' | 'there' | null): Watched =>
  watched({ revisions: [{ ...watched().revisions[0]!, downgrade }] });

const CHANGED = { relation: 'mart.items', inserted: 0, updated: 0, deleted: 0, existed: true };
const REWRITTEN = { relation: 'mart.items', relationKind: 'r', existed: true, rows: 9, left: 9 };

describe('hazards of what was seen', () => {
  test.each<[what: string, seen: Watched, hazards: string[]]>([
    ['a harmless ADD COLUMN', watched({ held: [lock()] }), []],
    ['an insert', withStatement({ verb: 'INSERT', changed: [{ ...CHANGED, inserted: 5 }] }), []],
    [
      'a table with rows, dropped',
      withStatement({ dropped: [{ relation: 'mart.items', column: null, rows: 1200 }] }),
      [
        'deletes-data 1 mart.items: drops table mart.items, which held data in 1,200 rows',
        'irreversible - -: has a downgrade() that cannot bring the data back',
      ],
    ],
    [
      'an empty table, dropped',
      withStatement({ dropped: [{ relation: 'mart.items', column: null, rows: 0 }] }),
      [],
    ],
    [
      'an empty column, dropped',
      withStatement({ dropped: [{ relation: 'mart.items', column: 'a', rows: 0 }] }),
      [],
    ],
    [
      'a column nobody counted, dropped',
      withStatement({ dropped: [{ relation: 'mart.items', column: 'a', rows: null }] }),
      [
        'deletes-data 1 mart.items: drops column a of mart.items, whose rows were not counted',
        'irreversible - -: has a downgrade() that cannot bring the data back',
      ],
    ],
    [
      'a column, narrowed',
      withStatement({
        retyped: [{ relation: 'mart.items', column: 'a', from: 'bigint', to: 'integer', rows: 1 }],
      }),
      [
        'deletes-data 1 mart.items: makes column a of mart.items integer, from bigint, which held data in 1 row',
        'irreversible - -: has a downgrade() that cannot bring the data back',
      ],
    ],
    [
      'a column, widened',
      withStatement({
        retyped: [{ relation: 'mart.items', column: 'a', from: 'integer', to: 'bigint', rows: 1 }],
      }),
      [],
    ],
    [
      'rows, deleted',
      withStatement({ verb: 'DELETE', changed: [{ ...CHANGED, deleted: 3 }] }),
      [
        'deletes-data 1 mart.items: deletes 3 rows of mart.items',
        'irreversible - -: has a downgrade() that cannot bring the data back',
      ],
    ],
    [
      'rows, deleted from what was empty before the run',
      watched({
        statements: [statement({ verb: 'DELETE', changed: [{ ...CHANGED, deleted: 3 }] })],
        rows: { before: { 'mart.items': 0 }, after: {} },
      }),
      [],
    ],
    [
      'rows of a new table, deleted',
      withStatement({ changed: [{ ...CHANGED, deleted: 3, existed: false }] }),
      [],
    ],
    [
      'TRUNCATE',
      withStatement({ verb: 'TRUNCATE', rewritten: [{ ...REWRITTEN, left: 0 }] }),
      [
        'deletes-data 1 mart.items: empties mart.items of 9 rows',
        'irreversible - -: has a downgrade() that cannot bring the data back',
      ],
    ],
    [
      'values, set to NULL',
      watched({ emptied: [{ revision: '0002', relation: 'mart.items', column: 'a', rows: 7 }] }),
      [
        'deletes-data - mart.items: sets column a of mart.items to NULL in 7 rows',
        'irreversible - -: has a downgrade() that cannot bring the data back',
      ],
    ],
    [
      'a rewrite',
      withStatement({ rewritten: [REWRITTEN] }),
      ['rewrites-table 1 mart.items: rewrites mart.items of 9 rows'],
    ],
    [
      'a rewrite without counting',
      withStatement({ rewritten: [{ ...REWRITTEN, rows: null, left: null }] }),
      ['rewrites-table 1 mart.items: rewrites mart.items'],
    ],
    ['a rewrite of an empty table', withStatement({ rewritten: [{ ...REWRITTEN, rows: 0, left: 0 }] }), []],
    ['a rewrite of a new table', withStatement({ rewritten: [{ ...REWRITTEN, existed: false }] }), []],
    [
      'a refreshed materialized view',
      withStatement({ rewritten: [{ ...REWRITTEN, relationKind: 'm' }] }),
      [],
    ],
    [
      'a lock that keeps readers away for long',
      watched({ held: [lock({ ms: 1400 }), lock({ ms: 700, number: 2 })] }),
      [
        'blocks-reads 1 mart.items: keeps its lock of mart.items for 1.4 s: nobody reads or writes there meanwhile',
      ],
    ],
    [
      'a lock that keeps writers away for long',
      watched({ held: [lock({ ms: 125_000, mode: 'ShareLock' })] }),
      [
        'blocks-writes 1 mart.items: keeps its lock of mart.items for 2 min 5 s: nobody writes there meanwhile',
      ],
    ],
    [
      'the lock of an index beside that of its table',
      watched({
        held: [lock({ ms: 1400 }), lock({ ms: 1400, relation: 'mart.items_pkey', relationKind: 'i' })],
      }),
      [
        'blocks-reads 1 mart.items: keeps its lock of mart.items for 1.4 s: nobody reads or writes there meanwhile',
      ],
    ],
    [
      'REINDEX',
      watched({
        held: [
          lock({ ms: 1400, mode: 'ShareLock' }),
          lock({ ms: 1400, relation: 'mart.items_pkey', relationKind: 'i' }),
        ],
      }),
      [
        'blocks-reads 1 mart.items_pkey: keeps its lock of mart.items_pkey for 1.4 s: nobody reads or writes there meanwhile',
        'blocks-writes 1 mart.items: keeps its lock of mart.items for 1.4 s: nobody writes there meanwhile',
      ],
    ],
    ['just as long as the limit', watched({ held: [lock({ ms: 500 })] }), []],
    ['a lock that keeps nobody away', watched({ held: [lock({ ms: 9000, mode: 'RowExclusiveLock' })] }), []],
    ['a lock of a new table', watched({ held: [lock({ ms: 9000, existed: false })] }), []],
    [
      'a revision whose statements together take long',
      watched({ statements: [statement({ ms: 40_000 }), statement({ ms: 30_000, number: 2 })] }),
      ['long - -: takes 1 min 10 s'],
    ],
    [
      'a statement without a transaction',
      withStatement({ verb: 'CREATE INDEX CONCURRENTLY', together: false }),
      [
        'not-transactional 1 -: commits CREATE INDEX CONCURRENTLY by itself: what fails leaves a part of it, and its locks could not be seen',
      ],
    ],
    [
      'SET and SELECT without one',
      watched({
        statements: [
          statement({ verb: 'SET', together: false }),
          statement({ verb: 'SELECT', together: false }),
        ],
      }),
      [],
    ],
    ['no way back', withDowngrade('none'), ['irreversible - -: has no downgrade()']],
    ['an empty way back', withDowngrade('empty'), ['irreversible - -: has a downgrade() that does nothing']],
    [
      'a way back that raises',
      withDowngrade('raises'),
      ['irreversible - -: has a downgrade() that only raises an error'],
    ],
    ['a file that could not be read', withDowngrade(null), []],
    ['an empty way back from nothing', { ...withDowngrade('empty'), statements: [] }, []],
    [
      'a downgrade',
      { ...withDowngrade('none'), revisions: [{ ...withDowngrade('none').revisions[0]!, way: 'down' }] },
      [],
    ],
  ])('%s', (_what, seen, hazards) => {
    const found = hazardsOf(seen, LIMITS);
    expect(
      found.map(
        ({ kind, statement: number, relation, reason }) =>
          `${kind} ${number ?? '-'} ${relation ?? '-'}: ${reason}`,
      ),
    ).toEqual(hazards);
    for (const { revision } of found) expect(revision).toBe('0002');
  });

  test('what the run itself has made is never a hazard, but for a way back and time', () => {
    const names = fc.constantFrom('a', 'b');
    const rows = fc.option(fc.nat(9), { nil: null });
    const statements = fc.record({
      ...{
        revision: fc.constantFrom('1', '2'),
        number: fc.nat(5),
        verb: fc.constantFrom('ALTER TABLE', 'DO'),
      },
      changed: fc.array(
        fc.record({ relation: names, inserted: fc.nat(9), updated: fc.nat(9), deleted: fc.nat(9) }),
      ),
      rewritten: fc.array(fc.record({ relation: names, relationKind: fc.constant('r'), rows, left: rows })),
    });
    const locks = fc.record({
      relation: names,
      mode: fc.constantFrom('AccessExclusiveLock', 'ShareLock'),
      ms: fc.nat(),
    });
    fc.assert(
      fc.property(fc.array(statements), fc.array(locks), (given, held) => {
        const all = given.map((one) =>
          statement({
            ...one,
            changed: one.changed.map((change) => ({ ...change, existed: false })),
            rewritten: one.rewritten.map((change) => ({ ...change, existed: false })),
          }),
        );
        const seen = watched({ statements: all, held: held.map((one) => lock({ ...one, existed: false })) });
        expect(hazardsOf(seen, LIMITS)).toEqual([]);
      }),
    );
  });

  test('a longer limit names no more, and the worst kind comes first', () => {
    const locks = fc.record({
      relation: fc.constantFrom('a', 'b'),
      mode: fc.constantFrom('AccessExclusiveLock', 'ShareLock', 'RowExclusiveLock'),
      existed: fc.boolean(),
      ms: fc.nat(2000),
    });
    fc.assert(
      fc.property(fc.array(locks), fc.nat(2000), fc.nat(2000), (held, one, other) => {
        const seen = watched({
          held: held.map((each) => lock(each)),
          statements: [statement({ rewritten: [REWRITTEN] })],
        });
        const kinds = (blocks: number): string[] =>
          hazardsOf(seen, { ...LIMITS, blocks }).map(({ kind, relation }) => `${kind} ${relation ?? ''}`);
        const [few, more] = [kinds(Math.max(one, other)), kinds(Math.min(one, other))];
        expect(more).toEqual(expect.arrayContaining(few));
        const order = more.map((each) => HAZARDS.indexOf(each.split(' ')[0] as (typeof HAZARDS)[number]));
        expect(order).toEqual([...order].sort((a, b) => a - b));
      }),
    );
  });
});

test('the reports of a run are put together in their order', () => {
  const { revision, ...first } = statement();
  const reports: WatchReport[] = [
    { kind: 'rows', revision: '1', at: 'before', rows: { a: 3, b: 2, c: null }, gone: [], emptied: [] },
    { kind: 'statement', revision, ...first },
    { kind: 'rows', revision: '1', at: 'after', rows: { a: 4, d: 0 }, gone: ['b'], emptied: [] },
    { kind: 'held', how: 'commit', locks: [lock()] },
    { kind: 'lost', why: 'x' },
    { kind: 'lost', why: 'x' },
    {
      kind: 'rows',
      revision: '2',
      at: 'after',
      rows: { e: 1 },
      gone: ['d'],
      emptied: [{ relation: 'a', column: 'n', rows: 2 }],
    },
  ];
  expect(watchedOf(reports)).toEqual({
    by: null,
    revisions: [],
    statements: [statement()],
    held: [lock()],
    emptied: [{ revision: '2', relation: 'a', column: 'n', rows: 2 }],
    rows: { before: { a: 3, b: 2, c: null }, after: { a: 4, c: null, e: 1 } },
    lost: ['x'],
  });
});
