import { existsSync, readFileSync, rmSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { sampleOf } from '../helpers/commit.ts';
import { localAsker, PATIENCE, processesOf, useEmbedded } from '../helpers/embedded.ts';

const ENV = 'ENV=local_demo';
const HEAD = '20251211_140000000';
const MIGRATIONS = 'app/backend/core_api/migrations/alembic';

/** What each revision does: a table, its rows, columns, an index. */
const REVISIONS: readonly (readonly [id: string, statements: readonly string[]])[] = [
  [
    'k1',
    ['CREATE TABLE mart.k (id int)', 'INSERT INTO mart.k VALUES (1)', 'ALTER TABLE mart.k ADD COLUMN a int'],
  ],
  [
    'k2',
    ['UPDATE mart.k SET a = 1', 'ALTER TABLE mart.k ADD COLUMN b int', 'ALTER TABLE mart.k DROP COLUMN a'],
  ],
  [
    'k3',
    ['CREATE INDEX k_b ON mart.k (b)', 'INSERT INTO mart.k VALUES (2)', 'DELETE FROM mart.k WHERE id = 1'],
  ],
];

/** All of it: the revision, the columns, the rows, the indexes. */
const STATE = `SELECT (SELECT string_agg(version_num, ',') FROM alembic_version),
  (SELECT string_agg(attname, ',' ORDER BY attnum) FROM pg_attribute
   WHERE attrelid = to_regclass('mart.k') AND attnum > 0 AND NOT attisdropped),
  CASE WHEN to_regclass('mart.k') IS NOT NULL THEN query_to_xml('SELECT id FROM mart.k ORDER BY id', true, true, '')::text END,
  (SELECT string_agg(indexrelid::regclass::text, ',') FROM pg_index WHERE indrelid = to_regclass('mart.k'))`;

/** In front of env.py: every statement that goes to the server, and every commit, is a step; at one of them a process dies. */
const killer = (folder: string): string => `
import json as _json, os as _os, signal as _signal
from sqlalchemy import event as _event
from sqlalchemy.engine import Engine as _Engine
_order, _steps = _json.load(open("${folder}/order.json")), []

def _step(label):
    _steps.append(label)
    if _order["at"] is None:
        open("${folder}/steps", "a").write(label.split("\\n")[0][:60] + "\\n")
    elif len(_steps) == _order["at"]:
        _os.kill(_os.getpid() if _order["who"] == "alembic" else _os.getppid(), _signal.SIGKILL)

_event.listen(_Engine, "before_cursor_execute", lambda _c, _cursor, statement, *_rest: _step(statement))
_event.listen(_Engine, "commit", lambda _c: _step("COMMIT"))
`;

describe('kill -9 at every statement of an upgrade', () => {
  const scratch = useEmbedded();
  const { sql } = localAsker(scratch);
  const state = (): Promise<string> => sql(STATE);
  const order = (at: number | null, who = 'alembic'): void =>
    scratch.write('order.json', JSON.stringify({ at, who }));
  const back = (): Promise<string> =>
    sql(`DROP TABLE IF EXISTS mart.k; UPDATE alembic_version SET version_num = '${HEAD}'`);
  const ended = (): Promise<void> =>
    expect
      .poll(() => processesOf(scratch.outside).filter(({ words }) => words[1] === '-').length, {
        timeout: 120_000,
      })
      .toBe(0)
      .then(() =>
        expect
          .poll(
            () =>
              sql(
                `SELECT count(*) FROM pg_locks WHERE locktype = 'transactionid' AND pid <> pg_backend_pid()`,
              ),
            { timeout: 120_000 },
          )
          .toBe('0'),
      );
  const whole: string[] = [];

  beforeAll(async () => {
    await scratch.mustTask(`up ${ENV}`);
    await scratch.mustTask(`al-up-env ${ENV}`);
    let before = HEAD;
    for (const [id, statements] of REVISIONS) {
      const lines = statements.map((statement) => `    op.execute("${statement}")`).join('\n');
      scratch.write(
        `${MIGRATIONS}/versions/${id}.py`,
        `from alembic import op\nrevision, down_revision = "${id}", "${before}"\n\ndef upgrade():\n${lines}\n\ndef downgrade():\n    pass\n`,
      );
      before = id;
    }
    whole.push(await state());
    for (const [id] of REVISIONS) {
      await scratch.mustTask(`al-up-env ${ENV} REV=${id}`);
      whole.push(await state());
    }
    expect(new Set(whole).size).toBe(REVISIONS.length + 1);
    scratch.write(`${MIGRATIONS}/env.py`, killer(scratch.root) + scratch.read(`${MIGRATIONS}/env.py`));
  }, PATIENCE);

  test('whole revisions only, and the same command brings the rest', { timeout: 3_600_000 }, async () => {
    await back();
    order(null);
    await scratch.mustTask(`al-up-env ${ENV}`);
    const steps = readFileSync(scratch.path('steps'), 'utf8').trimEnd().split('\n');
    expect(steps.filter((step) => step === 'COMMIT').length).toBeGreaterThanOrEqual(REVISIONS.length);
    rmSync(scratch.path('steps'));
    const cells = steps.flatMap((step, at) =>
      ['alembic', 'makesafe'].map((who) => ({ step, at: at + 1, who })),
    );
    const chosen = process.env['MAKESAFE_TESTS'] === 'rotating' ? sampleOf(cells, 4) : cells;
    const counts = new Map<string, number>();
    for (const { step, at, who } of chosen) {
      await back();
      order(at, who);
      const { status } = await scratch.runTask(`al-up-env ${ENV}`);
      expect([step, at, who, status]).not.toEqual([step, at, who, 0]);
      await ended();
      const found = await state();
      const kept = whole.indexOf(found);
      expect([step, at, who, kept >= 0 ? 'whole' : found]).toEqual([step, at, who, 'whole']);
      order(0);
      const again = await scratch.runTask(`al-up-env ${ENV}`);
      expect([step, at, who, again.status, again.stderr]).toEqual([step, at, who, 0, again.stderr]);
      expect(await state()).toBe(whole.at(-1));
      const label = `${who} killed: ${kept} of ${REVISIONS.length} revisions kept`;
      counts.set(label, (counts.get(label) ?? 0) + 1);
    }
    expect(existsSync(scratch.path('steps'))).toBe(false);
    console.log(
      [`${chosen.length} of ${cells.length} kills, at ${steps.length} steps: whole revisions only`]
        .concat([...counts].sort().map(([label, count]) => `${label}: ${count} times`))
        .join('\n'),
    );
  });
});
