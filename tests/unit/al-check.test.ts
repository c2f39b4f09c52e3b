import { expect, test } from 'vitest';
import { collisionsBetween, revisionIn } from '../../lib/check/revisions/collisions.ts';
import { judge, type Seen } from '../../lib/check/revisions/results.ts';
import { mostAlike } from '../../lib/migrations/ini-here.ts';
import { Terminal } from '../../lib/output/terminal.ts';
import type { Comparison, Difference } from '../../lib/schema/compare/comparison.ts';
import { readingsIn, withStoredReadings } from '../../lib/check/revisions/stored-readings.ts';
import { concerned, type FailedWithRows, type WithRows } from '../../lib/check/revisions/with-rows.ts';
import { loadParser } from '../../lib/sql/syntax.ts';
import type { WalkedRevision } from '../../lib/stack/alembic/walk.ts';

const side = (label: string): Comparison['base'] => ({
  ...{ label, source: 'environment', database: 'core', serverVersion: '17.10', pgDumpVersion: '18.3' },
});

const comparison = (...differences: Partial<Difference>[]): Comparison => ({
  verdict: differences.length === 0 ? 'same' : 'different',
  ...{ base: side('nothing'), compared: side('down'), privileges: 'compared', objects: [] },
  differences: differences.map((one) => ({
    ...{ kind: 'TABLE', schema: 'mart', name: 'item', class: 'definition', changes: [], ...one },
  })),
  ...{ ignored: [], incomplete: [], limits: [] },
});

const revision = (more: Partial<WalkedRevision> = {}): WalkedRevision => ({
  ...{ revision: 'r1', path: '/project/versions/r1.py', downgrade: true },
  ...{ lines: { upgrade: 5, downgrade: 9 }, undone: [], again: [], lost: [], ...more },
});

const GOOD: Seen = {
  severalHeads: false,
  grantsAgain: false,
  failure: undefined,
  walked: {
    ...{ heads: ['r1'], revisions: [revision()], failed: [], models: { operations: [] } },
    reached: { side: { summary: side('x'), objects: [], roles: [], incomplete: [] } },
  },
  collisions: { branch: 'origin/main', found: [] },
  rows: { failed: [], without: [], stopped: undefined },
  turns: [],
  ends: comparison(),
};
const walked = (more: Partial<Seen['walked']>): Partial<Seen> => ({ walked: { ...GOOD.walked, ...more } });
const FAILURE = {
  revision: 'r1',
  file: 'versions/r1.py',
  line: 6,
  message: 'no such thing',
  isNotImplemented: false,
};
const ROWS: FailedWithRows = {
  ...FAILURE,
  ...{ doing: 'up', message: 'column "a" contains null values' },
  rows: 'table t, column a: rows where it is NULL (23502)',
};
const rows = (more: Partial<WithRows>): Partial<Seen> => ({
  rows: { failed: [], without: [], stopped: undefined, ...more },
});
const TURN = {
  ...{ revision: 'r1', file: 'versions/r1.py', line: 9 },
  changes: [{ kind: 'table', name: 'mart.item', how: 'changed' }],
} as const;

test.each<[name: string, seen: Partial<Seen>, check: string, state: string, found: string]>([
  ['all is well', {}, 'down undoes up', 'passed', 'the schema is the same'],
  ['two heads', walked({ heads: ['r1', 'r2'] }), 'one head', 'failed', '2 heads: r1, r2'],
  [
    'two heads on purpose',
    { ...walked({ heads: ['r1', 'r2'] }), severalHeads: true },
    'one head',
    'passed',
    'r1, r2 (severalHeads)',
  ],
  ['no revision', walked({ heads: [] }), 'one head', 'failed', 'there are no revisions'],
  ['unreadable', walked({ heads: undefined }), 'one head', 'skipped', 'the revisions could not be read'],
  [
    'up fails',
    { failure: FAILURE },
    'up from nothing',
    'failed',
    'versions/r1.py:6: revision r1: no such thing',
  ],
  ['up fails', { failure: FAILURE }, 'a way back', 'skipped', 'the revisions did not all run'],
  [
    'down fails',
    walked({ failed: [{ ...FAILURE, doing: 'down' }] }),
    'down and up again',
    'failed',
    '1 revision of 1: r1',
  ],
  [
    'no way back, by itself',
    walked({ failed: [{ ...FAILURE, doing: 'down', isNotImplemented: true }] }),
    'down and up again',
    'passed',
    '1 revision',
  ],
  [
    'no way back, by itself',
    walked({ failed: [{ ...FAILURE, doing: 'down', isNotImplemented: true }] }),
    'a way back',
    'warning',
    'none from r1',
  ],
  [
    'no downgrade',
    walked({ revisions: [revision({ downgrade: false })] }),
    'a way back',
    'warning',
    'none from r1',
  ],
  [
    'not undone',
    { turns: [{ ...TURN, after: 'down', comparison: comparison({ class: 'only in compared' }) }] },
    'down undoes up',
    'failed',
    '1 revision of 1: r1',
  ],
  [
    'not undone, not compared',
    { turns: [{ ...TURN, after: 'down', comparison: undefined }] },
    'down undoes up',
    'failed',
    '1 revision of 1: r1',
  ],
  [
    'the catalogs differ, the schema does not',
    { turns: [{ ...TURN, after: 'down', comparison: comparison() }] },
    'down undoes up',
    'passed',
    'the schema is the same',
  ],
  [
    'only the order of columns',
    { turns: [{ ...TURN, after: 'down', comparison: comparison({ class: 'column order' }) }] },
    'down undoes up',
    'passed',
    'the schema is the same',
  ],
  [
    'the order of columns',
    walked({
      revisions: [revision({ undone: [{ kind: 'column order', name: 'mart.item', how: 'changed' }] })],
    }),
    'down undoes up',
    'passed',
    'the schema is the same, but for the order of columns in mart.item',
  ],
  [
    'only what the script grants again',
    {
      grantsAgain: true,
      turns: [{ ...TURN, after: 'down', comparison: comparison({ class: 'privileges' }) }],
    },
    'down undoes up',
    'passed',
    'the schema is the same',
  ],
  [
    'grants, and no script',
    { turns: [{ ...TURN, after: 'down', comparison: comparison({ class: 'privileges' }) }] },
    'down undoes up',
    'failed',
    '1 revision of 1: r1',
  ],
  [
    'another schema again',
    { turns: [{ ...TURN, after: 'up again', comparison: comparison({}) }] },
    'up again as before',
    'failed',
    '1 revision of 1: r1',
  ],
  [
    'unreadable in part',
    { ends: { ...comparison(), verdict: 'incomplete', incomplete: ['no a'] } },
    'same in the end',
    'failed',
    'the schema after "up" alone is not that after each has gone down and up: no a',
  ],
  [
    'an extension that is not there',
    { failure: { ...FAILURE, message: 'extension "postgis" is not available' } },
    'up from nothing',
    'failed',
    'versions/r1.py:6: revision r1: extension "postgis" is not available',
  ],
  [
    'the clock',
    walked({ revisions: [revision({ reads: [{ what: 'the clock', line: 7 }] })] }),
    'same everywhere',
    'warning',
    'versions/r1.py:7: reads the clock',
  ],
  ['not asked for', { rows: undefined }, 'with rows', 'skipped', 'ROWS=0'],
  ['all is well', {}, 'with rows', 'passed', 'up, down and up again with rows in the tables'],
  [
    'a table without rows',
    rows({ without: [{ table: 'mart.never', why: 'it cannot' }] }),
    'with rows',
    'passed',
    'up, down and up again with rows in the tables; no row fits mart.never (it cannot)',
  ],
  ['fails with rows', rows({ failed: [ROWS] }), 'with rows', 'failed', '1 revision of 1: r1'],
  [
    'fails with rows, in the main branch already',
    { ...rows({ failed: [ROWS] }), collisions: { branch: 'origin/main', added: [], found: [] } },
    'with rows',
    'warning',
    '1 revision of 1: r1',
  ],
  [
    'fails with rows, new in this branch',
    {
      ...rows({ failed: [ROWS] }),
      collisions: { branch: 'origin/main', added: ['versions/r1.py'], found: [] },
    },
    'with rows',
    'failed',
    '1 revision of 1: r1',
  ],
  [
    'fails with and without rows',
    {
      ...walked({ failed: [{ ...FAILURE, doing: 'down' }] }),
      ...rows({ failed: [{ ...ROWS, doing: 'down' }] }),
    },
    'with rows',
    'passed',
    'up, down and up again with rows in the tables',
  ],
  [
    'not tried to the end',
    rows({ stopped: 'the server is gone' }),
    'with rows',
    'warning',
    'not tried to the end: the server is gone',
  ],
  [
    'nothing else',
    {},
    'beside the main branch',
    'passed',
    'no revision of origin/main collides with one of this branch',
  ],
  [
    'a collision',
    {
      collisions: { branch: 'origin/main', found: [{ here: 'a.py', text: 'a.py and b.py both follow r0' }] },
    },
    'beside the main branch',
    'failed',
    'with origin/main there will be several heads: a.py and b.py both follow r0',
  ],
  [
    'no main branch',
    { collisions: { branch: '', found: [], unknown: 'git knows no main branch here' } },
    'beside the main branch',
    'skipped',
    'git knows no main branch here',
  ],
  [
    'a branch that was named, and is not there',
    { collisions: { branch: '', found: [], unknown: 'git knows no x here', isGiven: true } },
    'beside the main branch',
    'failed',
    'git knows no x here',
  ],
  [
    'lost',
    walked({ revisions: [revision({ lost: [{ kind: 'table', name: 'mart.item', line: 10 }] })] }),
    'lost on the way down',
    'passed',
    'with their data, by 1 revision: table mart.item (r1.py:10)',
  ],
  [
    'no models',
    walked({ models: null }),
    'models',
    'skipped',
    'env.py gives context.configure() no target_metadata',
  ],
  [
    'other models',
    walked({ models: { operations: ['add_column mart.item.x'] } }),
    'models',
    'failed',
    '1 operation would lead the schema to them: add_column mart.item.x',
  ],
  [
    'models that cannot be compared',
    walked({ models: { error: 'KeyError: x' } }),
    'models',
    'failed',
    'they could not be compared: KeyError: x',
  ],
])('%s: %s', (_name, seen, check, state, found) => {
  const { results } = judge({ ...GOOD, ...seen }, (path) => path.replace('/project/', ''));
  expect(results.find((one) => one.check === check)).toMatchObject({ state, found });
});

test('a failure is a remark beside its line, and so is what has no way back', () => {
  const seen = { ...GOOD, ...walked({ revisions: [revision({ downgrade: false })] }), failure: FAILURE };
  expect(judge(seen, () => 'versions/r1.py').remarks).toEqual([
    { level: 'error', file: 'versions/r1.py', line: 6, text: 'no such thing' },
    { level: 'warning', file: 'versions/r1.py', line: 9, text: 'there is no way back from this revision' },
  ]);
});

test.each([
  [
    ['a/alembic.ini', 'b/migrations/alembic.ini'],
    '/backend/migrations/alembic.ini',
    ['b/migrations/alembic.ini'],
  ],
  [['a/alembic.ini'], '/backend/migrations/alembic.ini', ['a/alembic.ini']],
  [['a/x/alembic.ini', 'b/x/alembic.ini'], '/app/x/alembic.ini', ['a/x/alembic.ini', 'b/x/alembic.ini']],
  [['alembic.ini'], '/backend/alembic.ini', ['alembic.ini']],
  [[], '/backend/alembic.ini', []],
])('of %j the most like %s', (files, path, found) => {
  expect(mostAlike(files, path)).toEqual(found);
});

const file = (name: string, revision: string, ...before: string[]) => ({ file: name, revision, before });

test.each([
  ['one after the other', [file('a.py', 'a', 'r0')], [file('b.py', 'b', 'r1')], []],
  ['two after one', [file('a.py', 'a', 'r0')], [file('b.py', 'b', 'r0')], ['a.py and b.py both follow r0']],
  [
    'a merge and another',
    [file('a.py', 'a', 'r0', 'r1')],
    [file('b.py', 'b', 'r1')],
    ['a.py and b.py both follow r1'],
  ],
  ['two first ones', [file('a.py', 'a')], [file('b.py', 'b')], ['a.py and b.py are both the first one']],
  ['one id', [file('a.py', 'x', 'r0')], [file('b.py', 'x', 'r1')], ['a.py and b.py are both revision x']],
  ['the same file', [file('a.py', 'x', 'r0')], [file('a.py', 'x', 'r0')], []],
])('%s', (_name, ours, theirs, found) => {
  expect(collisionsBetween(ours, theirs).map(({ text }) => text)).toEqual(found);
});

test.each([
  ['revision = "a"\ndown_revision = "b"\n', 'a', ['b']],
  ["revision: str = 'a'\ndown_revision: Union[str, None] = 'b'\n", 'a', ['b']],
  ['revision = "a"\ndown_revision = None\n', 'a', []],
  ['revision = "a"\ndown_revision = (\n    "b",\n    "c",\n)\n', 'a', ['b', 'c']],
  ['revision = "a"\ndown_revision = "b"  # after "c"\n', 'a', ['b']],
])('%j', (text, revision, before) => {
  expect(revisionIn('x.py', text)).toEqual({ file: 'x.py', revision, before });
});

test('a file without a revision is none', () => {
  expect(revisionIn('x.py', 'import os\n')).toBeUndefined();
});

test('an annotation escapes what GitHub reads, and hides secrets', () => {
  const lines: string[] = [];
  const sink = { write: (line: string) => lines.push(line) };
  const terminal = new Terminal(sink, sink, { GITHUB_ACTIONS: 'true' });
  terminal.redactor.hide('s3cret:w0rd%');
  terminal.annotate('error', '100 %\nof s3cret:w0rd%', 'a,b:c.py', 7);
  expect(lines.join('')).toBe('::error file=a%2Cb%3Ac.py,line=7::100 %25%0Aof ********\n');
  new Terminal(sink, sink, {}).annotate('error', 'x', 'y');
  expect(lines).toHaveLength(1);
});

const words = (
  state: string,
  about: Partial<Record<'schema' | 'table' | 'column' | 'constraint', string>> = {},
) => ({
  ...{ message: 'no', detail: null, hint: null, context: null, position: null, state },
  about: { schema: null, table: null, column: null, constraint: null, ...about },
});

test.each([
  [
    words('23502', { schema: 'm', table: 't', column: 'c' }),
    null,
    'table m.t, column c: rows where it is NULL (23502)',
  ],
  [
    words('23505', { schema: 'm', table: 't', constraint: 'u' }),
    null,
    'table m.t, constraint u: rows with the same value (23505)',
  ],
  [
    words('22001'),
    'ALTER TABLE m.t ALTER c TYPE varchar(5)',
    'table m.t, column c: rows whose text is longer (22001)',
  ],
  [
    words('22003'),
    'UPDATE t SET c = c * 100',
    'table t, column c: rows whose number is outside of the type (22003)',
  ],
  [
    words('22003'),
    'ALTER TABLE t ALTER a TYPE int, ALTER b TYPE int',
    'table t: rows whose number is outside of the type (22003)',
  ],
  [
    words('22003'),
    'ALTER TABLE a ADD b int; ALTER TABLE c ADD d int',
    'rows whose number is outside of the type (22003)',
  ],
  [words('P0001'), 'DO $$ x', 'rows (P0001)'],
])('%j in %s', async (said, statement, expected) => {
  await loadParser();
  expect(concerned({ words: said, statement })).toBe(expected);
});

test('what is no error of the database is about no rows', () => {
  expect(concerned(undefined)).toBe('');
  expect(concerned({ words: null, statement: null })).toBe('');
});

test.each([
  ['INSERT INTO t (a) VALUES (now())', ['the clock']],
  ['INSERT INTO t SELECT gen_random_uuid(), CURRENT_DATE', ['chance', 'the clock']],
  ['UPDATE t SET a = pg_catalog.random() WHERE b = %(b)s', ['chance']],
  ["DELETE FROM t WHERE at < CURRENT_TIMESTAMP - '1 day'::interval", ['the clock']],
  ['CREATE TABLE t AS SELECT clock_timestamp() AS at', ['the clock']],
  ['WITH x AS (INSERT INTO t VALUES (uuid_generate_v4()) RETURNING 1) SELECT * FROM x', ['chance']],
  ['SET x = 1; INSERT INTO t VALUES (LOCALTIME)', ['the clock']],
  ['ALTER TABLE t ADD at timestamptz DEFAULT now()', []],
  ['CREATE TABLE t (at timestamptz DEFAULT now())', []],
  ['SELECT now()', []],
  ['INSERT INTO t VALUES (CURRENT_USER, $1, %s)', []],
  ["INSERT INTO t VALUES ('now() random()')", []],
  ['no SQL at all, now()', []],
])('%s reads %j', async (sql, found) => {
  await loadParser();
  expect(readingsIn(sql)).toEqual(found);
});

test('what a statement reads stands beside what its file reads, each once', () => {
  const sent = { sql: 'INSERT INTO t VALUES (now())', line: 7 };
  const read = { what: 'the clock', line: 7 } as const;
  expect(withStoredReadings(revision({ reads: [read], reading: [sent, sent] })).reads).toEqual([read]);
  expect(withStoredReadings(revision({ reading: [{ ...sent, line: null }] })).reads).toEqual([
    { ...read, line: null },
  ]);
});
