import { beforeAll, expect, test } from 'vitest';
import {
  checkedRevisions,
  withRowsOf,
  type CheckedRevisions,
  type SqlRevision,
} from '../helpers/checked-revisions.ts';
import { PATIENCE, useEmbedded } from '../helpers/embedded.ts';

const RISKS: readonly [id: string, up: string, down: string, doing: string, rows: string][] = [
  [
    'r01',
    'ALTER TABLE t ADD a int NOT NULL',
    'ALTER TABLE t DROP COLUMN a',
    'up',
    'table public.t, column a: rows where it is NULL (23502)',
  ],
  [
    'r02',
    'ALTER TABLE t ALTER note SET NOT NULL',
    'ALTER TABLE t ALTER note DROP NOT NULL',
    'up',
    'table public.t, column note: rows where it is NULL (23502)',
  ],
  [
    'r03',
    'ALTER TABLE t ALTER note TYPE varchar(50)',
    'ALTER TABLE t ALTER note TYPE text',
    'up',
    'table t, column note: rows whose text is longer (22001)',
  ],
  [
    'r04',
    'ALTER TABLE t ALTER big TYPE int',
    'ALTER TABLE t ALTER big TYPE bigint',
    'up',
    'table t, column big: rows whose number is outside of the type (22003)',
  ],
  [
    'r05',
    'ALTER TABLE t ADD CONSTRAINT once UNIQUE (email)',
    'ALTER TABLE t DROP CONSTRAINT once',
    'up',
    'table public.t, constraint once: rows with the same value (23505)',
  ],
  [
    'r06',
    'ALTER TABLE t ADD CONSTRAINT above CHECK (price > 0)',
    'ALTER TABLE t DROP CONSTRAINT above',
    'up',
    'table public.t, constraint above: rows that the check does not let in (23514)',
  ],
  [
    'r07',
    'ALTER TABLE t ADD CONSTRAINT there FOREIGN KEY (other) REFERENCES u',
    'ALTER TABLE t DROP CONSTRAINT there',
    'up',
    'table public.t, constraint there: rows that refer to nothing (23503)',
  ],
  [
    'r08',
    'ALTER TABLE t ALTER note TYPE int USING note::int',
    'ALTER TABLE t ALTER note TYPE text USING note::text',
    'up',
    'table t, column note: rows whose text the type cannot read (22P02)',
  ],
  [
    'r09',
    'ALTER TABLE t DROP COLUMN flag',
    'ALTER TABLE t ADD flag boolean NOT NULL',
    'down',
    'table public.t, column flag: rows where it is NULL (23502)',
  ],
];

const scratch = useEmbedded({ only: ['local_demo'], engine: false });
let result: CheckedRevisions;

beforeAll(async () => {
  result = await checkedRevisions(scratch, [
    [
      'a1',
      'CREATE TABLE u (id int PRIMARY KEY); CREATE TABLE t (id serial PRIMARY KEY, note text, big bigint, email varchar(80) NOT NULL, price numeric(8,2) NOT NULL, other int NOT NULL, flag boolean NOT NULL)',
      'DROP TABLE t, u',
    ],
    ...RISKS.map(([id, up, down]): SqlRevision => [id, up, down]),
  ]);
}, 2 * PATIENCE);

test.each(RISKS)('%s %s', (id, _up, _down, doing, rows) => {
  expect(result.rows.failed.find(({ revision }) => revision === id)).toMatchObject({ doing, rows });
});

test('and nothing else, nor without rows', () => {
  expect(result.rows.failed.map(({ revision }) => revision)).toEqual(RISKS.map(([id]) => id));
  expect(withRowsOf(result)).toMatchObject({
    ...{ state: 'failed', found: '9 revisions of 10: r01, r02, r03, r04, r05 and 4 more' },
    remedy: expect.stringMatching(
      /r01\.py:8: up: table public\.t, column a: rows where it is NULL/,
    ) as string,
  });
  expect(result.checks.find(({ check }) => check === 'down and up again')).toMatchObject({ state: 'passed' });
});
