import { readdirSync, rmSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { PATIENCE, processesOf, useEmbedded } from '../helpers/embedded.ts';

const MIGRATIONS = 'app/backend/core_api/migrations/alembic';
const VERSIONS = `${MIGRATIONS}/versions`;

interface Result {
  readonly passed: boolean;
  readonly checks: readonly { check: string; state: string; found: string; remedy: string | null }[];
  readonly revisions: readonly {
    revision: string;
    downgrade: boolean;
    lost: { name: string; line: number }[];
  }[];
}

/** Bodies of upgrade() and downgrade(), SQL or Python. */
type Revision = readonly [id: string, before: string | null, up: string, down: string];

const text = ([id, before, up, down]: Revision): string => {
  const body = (code: string): string => (/^[A-Z]/.test(code) ? `op.execute("""${code}""")` : code);
  return `from alembic import op\n\nrevision = "${id}"\ndown_revision = ${before === null ? 'None' : `"${before}"`}\n\n\ndef upgrade():\n    ${body(up)}\n\n\ndef downgrade():\n    ${body(down)}\n`;
};

describe('al-check', () => {
  const scratch = useEmbedded({ only: ['local_dev', 'local_demo'], engine: false });
  const left = (): string[] =>
    readdirSync(scratch.path('.embedded/.scratch')).filter((name) => name.startsWith('run-'));

  test('all revisions of the sample are well, without an engine and without secrets, and nothing is left behind', async () => {
    const { stdout, stderr } = await scratch.mustTask('al-check');
    expect(stderr).toMatch(/\[ok\] 17 revisions: up, down and up again/);
    for (const check of [
      'one head',
      'up from nothing',
      'down and up again',
      'down undoes up',
      'up again as before',
      'same in the end',
    ])
      expect(stdout).toMatch(new RegExp(`^✓ ${check} `, 'm'));
    expect(stdout).toMatch(/^– models +env\.py gives context\.configure\(\) no target_metadata/m);
    expect(left()).toEqual([]);
    expect(processesOf(scratch.path('.embedded/.scratch'))).toEqual([]);
    expect(() => scratch.read('secrets/.env.local_dev.secrets')).toThrow('ENOENT');
  });

  describe('of bad ones', () => {
    const bad: readonly Revision[] = [
      ['a1', null, 'CREATE TABLE item (id int PRIMARY KEY, name text, price int)', 'DROP TABLE item'],
      ['b2', 'a1', 'CREATE TABLE IF NOT EXISTS stays (id int)', 'SELECT 1'],
      ['c3', 'b2', 'CREATE TABLE c3 (id int)', 'DROP TABLE no_such_table'],
      ['d4', 'c3', 'CREATE TABLE IF NOT EXISTS d4 (id int, note text)', 'ALTER TABLE d4 DROP COLUMN note'],
      [
        'e5',
        'd4',
        'import os; op.execute("CREATE TABLE e5 (id int)" + os.environ.get("NOT_SET", ""))',
        'raise NotImplementedError("forward only")',
      ],
      ['f6', 'e5', 'CREATE TABLE f6 (at timestamptz DEFAULT now()); INSERT INTO f6 SELECT now()', 'pass'],
      ['g7', 'f6', 'ALTER TABLE item DROP COLUMN name', 'ALTER TABLE item ADD COLUMN name text'],
      ['h8', 'g7', 'ALTER TABLE item ADD COLUMN weight int', 'ALTER TABLE item DROP COLUMN weight'],
      ['x8', 'g7', 'CREATE TABLE x8 (id int)', 'DROP TABLE x8'],
    ];
    let result: Result;
    let said: string;

    beforeAll(async () => {
      rmSync(scratch.path(VERSIONS), { recursive: true });
      for (const one of bad) scratch.write(`${VERSIONS}/${one[0]}.py`, text(one));
      const env = scratch.read(`${MIGRATIONS}/env.py`);
      const models =
        'from sqlalchemy import Column, Integer, MetaData, Table\nMODELS = MetaData()\nTable("item", MODELS, Column("id", Integer, primary_key=True), Column("price", Integer), Column("weight", Integer), Column("colour", Integer))\n';
      scratch.write(
        `${MIGRATIONS}/env.py`,
        env
          .replace('\n\ndef driver_name', `\n${models}\n\ndef driver_name`)
          .replace('transaction_per_migration=True, ', 'target_metadata=MODELS, '),
      );
      scratch.write('roles.sql', 'SELECT 1;\n');
      const ran = await scratch.runTask('al-check ENV=local_demo JSON=1 BOOTSTRAP_ROLES_SQL=roles.sql', {
        env: { GITHUB_ACTIONS: 'true' },
      });
      expect(ran.status, ran.stderr).toBe(1);
      result = JSON.parse(ran.stdout) as Result;
      said = ran.stderr;
    }, PATIENCE);

    test.each([
      ['one head', 'failed', /^2 heads: h8, x8$/],
      ['up from nothing', 'passed', /^9 revisions$/],
      ['down and up again', 'failed', /^1 revision of 9: c3$/],
      ['down undoes up', 'failed', /^2 revisions of 9: b2, d4$/],
      ['up again as before', 'failed', /^1 revision of 9: d4$/],
      ['same in the end', 'failed', /table public\.d4: column note text/],
      ['a way back', 'warning', /^none from e5, f6$/],
      ['same everywhere', 'warning', /e5\.py:8: reads the environment, \S*f6\.py:8: reads the clock$/],
      ['beside the main branch', 'skipped', /^git knows no main branch here$/],
      ['lost on the way down', 'passed', /table public\.item \(a1\.py:12\)/],
      ['models', 'failed', /^\d+ operations would lead the schema to them: .*add_column item\.colour/],
    ])('%s', (check, state, found) => {
      const one = result.checks.find((each) => each.check === check);
      expect(one, JSON.stringify(result.checks, null, 1)).toMatchObject({
        state,
        found: expect.stringMatching(found) as string,
      });
    });

    test('what is wrong stands beside its line', () => {
      expect(said).toMatch(
        new RegExp(
          `^::error file=${VERSIONS}/c3\\.py,line=12::down: table "no_such_table" does not exist`,
          'm',
        ),
      );
      expect(said).toMatch(
        new RegExp(
          `^::error file=${VERSIONS}/b2\\.py,line=11::b2: after "down" the schema is not that before "up": table public\\.stays: only in down`,
          'm',
        ),
      );
      expect(said).toMatch(new RegExp(`^::warning file=${VERSIONS}/e5\\.py,line=11::`, 'm'));
      expect(result.passed).toBe(false);
      expect(result.revisions.map(({ revision }) => revision).sort()).toEqual(bad.map(([id]) => id).sort());
    });
  });

  test('a revision that fails on its way up is named with its line, and what it hides is said to be skipped', async () => {
    rmSync(scratch.path(VERSIONS), { recursive: true });
    scratch.write(`${VERSIONS}/a1.py`, text(['a1', null, 'CREATE TABLE item (id int)', 'DROP TABLE item']));
    scratch.write(`${VERSIONS}/b2.py`, text(['b2', 'a1', 'ALTER TABLE no_such_table ADD x int', 'pass']));
    const { status, stdout, stderr } = await scratch.runTask(
      'al-check ENV=local_demo BOOTSTRAP_ROLES_SQL=roles.sql',
    );
    expect(status).toBe(1);
    expect(stdout).toMatch(
      /^✗ up from nothing +app\/.*\/b2\.py:8: revision b2: relation "no_such_table" does not exist$/m,
    );
    expect(stdout).toMatch(/^– same in the end /m);
    expect(stderr).toMatch(/\[error\] 1 of 12 checks failed: up from nothing/);
    expect(left()).toEqual([]);
  });
});
