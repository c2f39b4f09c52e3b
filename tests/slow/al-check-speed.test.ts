import { expect, test } from 'vitest';
import { checkedRevisions, type SqlRevision } from '../helpers/checked-revisions.ts';
import { PATIENCE, useEmbedded } from '../helpers/embedded.ts';

/**
 * How long al-check takes, on a quiet machine: `REVISIONS=100 npx vitest run --project slow tests/slow/al-check-speed.test.ts`.
 * Without REVISIONS a few, and no limit.
 */
const { REVISIONS } = process.env;
const COUNT = Number(REVISIONS ?? 8);
/** Seconds for 100 revisions. */
const LIMIT = 20;

/** Tables, columns, indexes and foreign keys in turn, as revisions of an application are. */
function revision(at: number): SqlRevision {
  const id = `r${String(at).padStart(4, '0')}`;
  const table = Math.floor(at / 4);
  if (at % 4 === 0)
    return [
      id,
      `CREATE TABLE t${table} (id serial PRIMARY KEY, name text NOT NULL, made timestamptz NOT NULL DEFAULT now())`,
      `DROP TABLE t${table}`,
    ];
  if (at % 4 === 1)
    return [
      id,
      `ALTER TABLE t${table} ADD COLUMN amount numeric(12,2)`,
      `ALTER TABLE t${table} DROP COLUMN amount`,
    ];
  if (at % 4 === 2) return [id, `CREATE INDEX i${table} ON t${table} (name)`, `DROP INDEX i${table}`];
  return [
    id,
    `ALTER TABLE t${table} ADD COLUMN other int REFERENCES t0`,
    `ALTER TABLE t${table} DROP COLUMN other`,
  ];
}

const scratch = useEmbedded({ only: ['local_demo'], engine: false });

test(`${COUNT} revisions, with rows`, { timeout: 5 * PATIENCE }, async () => {
  const began = performance.now();
  const { rows } = await checkedRevisions(
    scratch,
    Array.from({ length: COUNT }, (_, at) => revision(at)),
  );
  const seconds = (performance.now() - began) / 1000;
  console.log(`al-check: ${COUNT} revisions in ${seconds.toFixed(1)} s`);
  expect(rows.failed).toEqual([]);
  if (REVISIONS !== undefined) expect((seconds * 100) / COUNT).toBeLessThanOrEqual(LIMIT);
});
