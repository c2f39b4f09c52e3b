import { beforeAll, expect, test } from 'vitest';
import type { Watched, WatchedStatement } from '../../lib/stack/alembic/watch.ts';
import { connect, PATIENCE, useEmbedded } from '../helpers/embedded.ts';
import { succeeded } from '../helpers/processes.ts';
import { newestReceipt } from '../helpers/receipts.ts';
import { HEAD, INI, executed, revisionsIn } from '../helpers/revisions.ts';

/**
 * What a rehearsal has predicted, beside what the real upgrade then does: the same locks of each statement, and times within
 * twice as long. On a quiet machine, with tables that are large enough for times to count:
 * `ROWS=2000000 npx vitest run --project slow tests/slow/predicted-locks.test.ts`. Without ROWS, times are printed and not judged:
 * another program may take the processors.
 */
const { ROWS } = process.env;
const COUNT = Number(ROWS ?? 20_000);

const REVISIONS: readonly (readonly string[])[] = [
  [
    'ALTER TABLE shop.orders ADD COLUMN plain int',
    'ALTER TABLE shop.orders ADD COLUMN filled int NOT NULL DEFAULT 7',
  ],
  [
    'ALTER TABLE shop.orders ALTER amount TYPE bigint',
    'ALTER TABLE shop.orders ALTER note TYPE varchar(100)',
  ],
  ['CREATE INDEX orders_note ON shop.orders (note)', 'CREATE UNIQUE INDEX orders_id ON shop.orders (id)'],
  ['ALTER TABLE shop.orders ALTER note SET NOT NULL', 'ALTER TABLE shop.orders ADD CHECK (amount >= 0)'],
  ['ALTER TABLE shop.orders ADD PRIMARY KEY USING INDEX orders_id'],
  ['ALTER TABLE shop.orders ADD FOREIGN KEY (customer) REFERENCES shop.customers'],
  ["UPDATE shop.orders SET note = note || '!'", 'DELETE FROM shop.orders WHERE id % 10 = 0'],
  ['CREATE TABLE shop.totals AS SELECT customer, sum(amount) FROM shop.orders GROUP BY 1'],
  [
    'ALTER TABLE shop.orders ADD COLUMN random float DEFAULT random()',
    'LOCK TABLE shop.customers IN SHARE MODE',
  ],
  [
    'ALTER TABLE shop.orders DROP COLUMN filled',
    'CREATE MATERIALIZED VIEW shop.seen AS SELECT id FROM shop.orders',
  ],
  ['DROP MATERIALIZED VIEW shop.seen', 'TRUNCATE shop.totals', 'DROP TABLE shop.totals'],
];

const environment = (isProtected: boolean): object => ({
  entry: { stack: 'embedded', protected: isProtected, alembicIni: INI },
  env: { POSTGRES_USER: 'app_live', POSTGRES_DB: 'core_live' },
});
const scratch = useEmbedded({
  engine: false,
  environments: { live: environment(true), spare: environment(false) },
});

const { revision } = revisionsIn(scratch);

/** The upgrade of the real database, watched as a rehearsal is. */
const WATCHED_UPGRADE = `import { defineTask } from '../lib/task/define-task.ts';

export default defineTask(import.meta.url, {
  group: 'project',
  summary: 'Upgrade, and print what was seen',
  environment: 'any',
  examples: ['make watched-upgrade ENV=spare'],
  run: async ({ stack, terminal }) => {
    const { status, watched } = await stack.alembic(['upgrade', 'head'], {
      quiet: true,
      foldTraceback: true,
      watch: { count: false },
    });
    terminal.result(JSON.stringify({ status, watched }));
  },
});
`;

beforeAll(async () => {
  for (const name of ['live', 'spare']) {
    await scratch.mustTask(`up ENV=${name}`);
    await scratch.mustTask(`al-up-env ENV=${name}`);
  }
  const client = await connect(scratch, { environment: 'live', user: 'app_live', database: 'core_live' });
  await client.query(
    `CREATE SCHEMA shop;
     CREATE TABLE shop.customers AS SELECT g AS id FROM generate_series(1, 1000) AS g;
     ALTER TABLE shop.customers ADD PRIMARY KEY (id);
     CREATE TABLE shop.orders AS SELECT g AS id, g % 1000 + 1 AS customer, g % 77 AS amount, 'note ' || g AS note
       FROM generate_series(1, ${COUNT}) AS g;
     ANALYZE`,
  );
  await client.end();
  await scratch.mustTask('backup ENV=live');
  let before = HEAD;
  REVISIONS.forEach((statements, at) => {
    const id = `locks_${String(at).padStart(2, '0')}`;
    revision(id, before, executed(...statements));
    before = id;
  });
  scratch.write('tasks/watched-upgrade.ts', WATCHED_UPGRADE);
}, 3 * PATIENCE);

/** The name of a TOAST table has the OID of its table in it. */
const named = (relation: string): string => relation.replace(/pg_toast_\d+/, 'pg_toast_…');

/** What each statement is known by. */
const nameOf = ({ revision, number }: Pick<WatchedStatement, 'revision' | 'number'>): string =>
  `${revision}, statement ${number}`;
const locksOf = (statements: readonly WatchedStatement[]): Record<string, string[]> =>
  Object.fromEntries(
    statements.map((one) => [
      nameOf(one),
      one.locks.map(({ relation, mode }) => `${named(relation)} ${mode}`).sort(),
    ]),
  );

test('the locks that were predicted are those that are taken, and times are alike', async () => {
  succeeded(await scratch.runTask('al-rehearse-env ENV=live ON=spare'));
  const predicted = newestReceipt(scratch, 'live');
  const { stdout } = succeeded(await scratch.runTask('watched-upgrade ENV=live'));
  const { status, watched } = JSON.parse(stdout) as { status: number; watched: Watched };
  expect(status).toBe(0);
  expect(predicted.statements).toHaveLength(REVISIONS.flat().length);
  expect(locksOf(watched.statements)).toEqual(locksOf(predicted.statements));
  const heldOf = ({ held }: Pick<Watched, 'held'>): string[] =>
    held.map((one) => `${nameOf(one)}: ${named(one.relation)} ${one.mode} until ${one.how}`).sort();
  expect(heldOf(watched)).toEqual(heldOf(predicted));

  const times = predicted.statements.flatMap((one, at) => {
    const measured = watched.statements[at]!.ms;
    return one.ms !== null && measured !== null && Math.max(one.ms, measured) > 50
      ? [{ name: nameOf(one), predicted: one.ms, measured }]
      : [];
  });
  const alike = times.filter(
    ({ predicted: one, measured }) => Math.max(one, measured) <= 2 * Math.min(one, measured),
  );
  console.log(
    `locks: ${watched.statements.length} statements, the same locks; ${alike.length} of ${times.length} over 50 ms within twice the time`,
    times.filter((one) => !alike.includes(one)),
  );
  if (ROWS === undefined) return;
  expect(times.length).toBeGreaterThan(8);
  expect(alike.length / times.length).toBeGreaterThanOrEqual(0.95);
}, 900_000);
